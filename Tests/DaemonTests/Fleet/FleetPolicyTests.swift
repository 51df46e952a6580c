internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// The policy of a fleet: in its log, with the built-in policy that it adds to.
@Suite struct FleetPolicyTests {
  private func policies(_ daemon: Daemon) throws -> [String] {
    var told: [String] = []
    try daemon.client().listEvents {
      $0.addKinds(.policyReloaded)
    } each: { message in
      for index in 0..<message.eventsCount {
        told.append(String(message.events(at: index).message))
      }
      return true
    }
    return told
  }

  @Test func theBuiltInPolicyIsInTheLogOnce() throws {
    let world = try FleetWorld()
    let first = try world.start("a")
    try world.begin(with: first)
    try wait(for: "the policy") { try policies(first).count == 1 }
    let second = try world.join("b")
    let client = try second.client()
    // It is the policy that this version has: nothing has to be put into force.
    let answer = try client.reloadPolicy { _ in }.message
    #expect(answer.actionCount > 40)
    let token = try client.issueToken(for: "alice", of: "acme")
    let peers = try BothPeers(second)
    #expect(try peers.authorize("POST", "/v2/integration", token.secret).isAllowed)
    #expect(try policies(second) == ["the built-in policy came into force"])
    #expect(!second.process.wholeOutput().contains("is not the fleet's"))
    #expect(try second.stop() == .exited(0))
    #expect(try first.stop() == .exited(0))
  }

  /// Without a fleet the log has no entry of it, as ever.
  @Test func aDaemonAloneHasNoSuchEntry() throws {
    let daemon = try Daemon()
    try daemon.client().createOrganization("acme", administrator: "alice")
    #expect(try policies(daemon).isEmpty)
    #expect(try daemon.stop() == .exited(0))
  }
}
