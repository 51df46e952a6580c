internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// The daemon's metrics, compared with the calls that were made.
@Suite struct MetricsTests {
  private func lines(_ client: PosternClient, prefix: String = "") throws -> [Substring] {
    let reply = try client.getMetrics { $0.setNamePrefix(prefix) }
    let text = String(decoding: [UInt8](copying: reply.message.openMetricsText), as: UTF8.self)
    return text.split(separator: "\n")
  }

  @Test func countsCallsByMethodProtocolAndStatus() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let issued = try client.issueToken(for: "alice", of: "acme")
    for _ in 0..<5 { _ = try client.isActive(issued.secret) }
    _ = failure { () throws(ClientError) in
      try client.createOrganization("acme", administrator: "x")
    }
    let found = try lines(client)
    #expect(
      found.contains(
        "postern_calls_total{method=\"postern.v1.TokenService/ValidateToken\",protocol=\"ttrpc\","
          + "status=\"OK\"} 5"))
    #expect(
      found.contains(
        "postern_calls_total{method=\"postern.v1.DirectoryService/CreateOrganization\","
          + "protocol=\"ttrpc\",status=\"ALREADY_EXISTS\"} 1"))
    #expect(
      found.contains(
        "postern_call_duration_seconds_count{method=\"postern.v1.TokenService/ValidateToken\"} 5"))
    #expect(found.contains("postern_tokens 1"))
    #expect(found.contains("postern_revision 3"))
    // Three commands came one by one; the refused one was in a transaction of its own, too.
    #expect(found.contains("postern_batch_commands_count 3"))
    #expect(found.last == "# EOF")
    #expect(!found.contains { $0.contains(issued.secret) || $0.contains("alice") })
  }

  @Test func showsOneFamilyOnRequest() throws {
    let daemon = try Daemon()
    let found = try lines(daemon.client(), prefix: "postern_conn")
    #expect(
      found == [
        "# TYPE postern_connections gauge", "# HELP postern_connections Open connections.",
        "postern_connections 1", "# EOF",
      ])
  }

  @Test func namesTheLimitOfTheLedger() throws {
    let daemon = try Daemon(["--max-ledger-bytes", "8388608"])
    let found = try lines(daemon.client(), prefix: "postern_ledger_limit")
    #expect(found.contains("postern_ledger_limit_bytes 8388608"))
  }

  @Test func isForOperators() throws {
    let world = try World()
    let client = try world.daemon.client(bearer: world.secret(of: .administrator))
    let refusal = failure { () throws(ClientError) in _ = try client.getMetrics { _ in } }
    #expect(refusal?.statusName == "PERMISSION_DENIED")
  }
}
