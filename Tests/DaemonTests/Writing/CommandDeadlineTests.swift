internal import Messages
internal import PosternClient
internal import Services
internal import TestSupport
internal import Testing

/// Commands whose deadline passes on the way to the writer and back, while the disk hangs.
@Suite struct CommandDeadlineTests {
  private static func put(_ id: String, timeout: Int64?) -> WireCall {
    WireCall(
      service: "postern.v1.DirectoryService", method: "PutResource",
      payload: Encoding.field(1, "acme") + Encoding.field(2, "dashboard") + Encoding.field(3, id),
      timeout: timeout)
  }

  @Test(arguments: PeerKind.allCases) func passWithoutAnEffectOrAnAnswerTooMany(
    kind: PeerKind
  ) throws {
    let clock = try SettableClock()
    let daemon = try Daemon(environment: clock.environment())
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let peer = try kind.connect(daemon)
    let method = Method.directoryServicePutResource.descriptor
    clock.isDiskHanging = true
    // One whose answer comes too late, and one that waits for too long before it is begun. The
    // second is sent once the first was answered: until then the writer hangs in its commit.
    for (id, stream) in [("late", UInt32(1)), ("waiting", 3)] {
      let call = Self.put(id, timeout: 500_000_000)
      #expect(try peer.answer(to: call, method, stream).outcome.code == 4)
    }
    clock.isDiskHanging = false
    // The connection goes on, and what comes on it belongs to the call that asked.
    #expect(try peer.answer(to: Self.put("after", timeout: nil), method, 5).outcome.code == 0)
    #expect(try client.hasDashboard("after"))
    #expect(try client.hasDashboard("late"))
    #expect(try !client.hasDashboard("waiting"))
    // Each call was answered once: the late answer was dropped where its call is known to be over,
    // and not only by the protocol, which would drop it on most days.
    let text = try StreamTests.metrics(daemon)
    let calls = #"DirectoryService/PutResource",protocol="\#(kind)",status="#
    #expect(text.contains(calls + "\"DEADLINE_EXCEEDED\"} 2\n"))
    #expect(text.contains(calls + "\"OK\"} 1\n"))
    #expect(try daemon.stop() == .exited(0))
  }
}

extension PosternClient {
  fileprivate func hasDashboard(_ id: String) throws -> Bool {
    let refusal = failure { () throws(ClientError) in
      _ = try getResource {
        $0.setOrganizationID("acme")
        $0.setResourceType("dashboard")
        $0.setResourceID(id)
      }
    }
    return refusal == nil
  }
}
