internal import Glibc
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Answers that clients keep on the hosts of a fleet.
@Suite struct FleetKeptTests {
  private static func revoke(_ secret: String, _ client: PosternClient) throws {
    _ = try client.revokeToken {
      $0.setSecret(secret)
      $0.setWait(.fleet)
    }
  }

  @Test func aChangeOnAnyHostEndsIt() throws {
    let world = try FleetWorld()
    let first = try world.start("a")
    try world.begin(with: first)
    let second = try world.join("b")
    let (here, there) = (try first.client(), try second.client())
    let keepers = [try Keeper(first), try Keeper(second)]
    for client in [here, there] {
      let issued = try here.issueToken {
        $0.setOrganizationID("acme")
        $0.setUserID("alice")
        $0.setWait(.fleet)
      }
      let secret = issued.read { String($0.secret) }
      for keeper in keepers {
        #expect(try keeper.validate(secret) == .asked(true))
        #expect(try keeper.validate(secret) == .kept(true))
      }
      try Self.revoke(secret, client)
      for keeper in keepers { #expect(try keeper.validate(secret) == .asked(false)) }
    }
    // Rights too, and on the host itself as soon as they are acknowledged.
    let own = try there.issueToken(for: "alice", of: "acme").secret
    let create = CheckQuestion("integration.create")
    #expect(try keepers[1].check(create, own) == .asked(true))
    #expect(try keepers[1].check(create, own) == .kept(true))
    try there.invite("bob", to: "acme")
    try there.setAdministrator("bob", of: "acme", true)
    try there.setAdministrator("alice", of: "acme", false)
    #expect(try keepers[1].check(create, own) == .asked(false))
    #expect(try first.stop() == .exited(0))
    #expect(try second.stop() == .exited(0))
  }

  /// Nothing is kept without news of the fleet, whether the daemon can't know or is stopped.
  @Test func theEndOfTheLeaseEndsIt() throws {
    let server = try PostgreSQL()
    let world = try FleetWorld(on: server)
    let daemon = try world.start("a")
    try world.begin(with: daemon, leaseSeconds: 6)
    let secret = try daemon.client().issueToken(for: "alice", of: "acme").secret
    let keeper = try Keeper(daemon)
    keeper.cache.client.timeout = .milliseconds(500)
    func isAnswered() -> Bool {
      if (try? keeper.validate(secret)) != nil { return true }
      // The answer to a call that timed out may still arrive.
      if let client = try? daemon.client() { keeper.cache.client = client }
      keeper.cache.client.timeout = .milliseconds(500)
      return false
    }
    func isKept() -> Bool {
      guard isAnswered() else { return false }
      return (try? keeper.validate(secret)) == .kept(true)
    }
    try wait(for: "a kept answer") { isKept() }
    try server.freeze()
    try wait(for: "the end of the lease") { !isAnswered() }
    try server.thaw()
    try wait(for: "a kept answer") { isKept() }
    daemon.process.signal(SIGSTOP)
    // Without the lease it would be kept for ever, since the stopped daemon ends nothing.
    try wait(for: "the end of the lease of a stopped daemon") {
      (try? keeper.validate(secret)) == nil
    }
    daemon.process.signal(SIGCONT)
    try wait(for: "a kept answer") { isKept() }
    #expect(try daemon.stop() == .exited(0))
  }
}
