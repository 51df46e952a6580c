internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Daemons that share one log, through a PostgreSQL server.
@Suite struct FleetDaemonTests {
  /// A fleet in a database of its own.
  private struct Fleet {
    let string: String
    let first: Daemon

    /// Begins it, with one organization and its administrator `alice`.
    init(on server: PostgreSQL, leaseSeconds: Int64 = 60) throws {
      string = server.string(database: try server.makeDatabase())
      first = try Daemon(["--fleet", string, "--fleet-host", "a"])
      let client = try first.client()
      _ = try client.initializeFleet { $0.makeLease().set(leaseSeconds, 0) }
      // The next command is taken at once.
      try client.createOrganization("acme", administrator: "alice")
    }

    /// Starts another member, and waits until it answers.
    func join(_ host: String, folder: TemporaryFolder = TemporaryFolder()) throws -> Daemon {
      let daemon = try Daemon(["--fleet", string, "--fleet-host", host], folder: folder)
      let client = try daemon.client()
      try wait(for: "an answer of \(host)") {
        (try? client.getOrganization { $0.setOrganizationID("acme") }) != nil
      }
      return daemon
    }
  }

  @Test func aTokenIsGoodOnEveryHostAndGoneOnEveryHost() throws {
    let fleet = try Fleet(on: .shared())
    let second = try fleet.join("b")
    let (here, there) = (try fleet.first.client(), try second.client())
    let issued = try here.issueToken {
      $0.setOrganizationID("acme")
      $0.setUserID("alice")
      $0.setWait(.fleet)
    }
    let secret = String(issued.message.secret)
    let peers = [try BothPeers(fleet.first), try BothPeers(second)]
    for peer in peers { #expect(try peer.isActive(secret)) }
    _ = try there.revokeToken {
      $0.setSecret(secret)
      $0.setWait(.fleet)
    }
    for peer in peers { #expect(try !peer.isActive(secret)) }
    // The revision of one host is one of the other's, which waits for it.
    let revision = try here.issueToken(for: "alice", of: "acme")
    let newest = try here.revision()
    _ = try there.getToken {
      $0.setTokenID(revision.id)
      $0.setAtLeastRevision(newest)
    }
    #expect(try fleet.first.stop() == .exited(0))
    #expect(try second.stop() == .exited(0))
  }

  @Test func aHostThatCannotKnowAnswersNothing() throws {
    let server = try PostgreSQL()
    // Long enough for a busy machine, on which the thread that renews it may wait.
    let fleet = try Fleet(on: server, leaseSeconds: 6)
    let client = try fleet.first.client()
    let secret = try client.issueToken(for: "alice", of: "acme").secret
    let peers = try BothPeers(fleet.first)
    let validate = Encoding.field(1, secret)
    func isStale() throws -> Bool {
      try peers.ask("ValidateToken", of: "TokenService", validate).reason == "FLEET_STALE"
    }
    #expect(try peers.isActive(secret))
    #expect(try peers.authorize("POST", "/v2/integration", secret).isAllowed)
    try server.freeze()
    // One of the two protocols may be asked just before, and the other after the lease is over.
    try wait(for: "the end of the lease") {
      (try? client.validateToken { $0.setSecret(secret) }) == nil
    }
    #expect(try isStale())
    // Not an error, which could let the request through.
    #expect(try peers.authorize("POST", "/v2/integration", secret).denies(403))
    #expect(try client.getStatus { _ in }.message.revision > 0)
    try server.thaw()
    try wait(for: "an answer") { (try? client.validateToken { $0.setSecret(secret) }) != nil }
    #expect(try fleet.first.stop() == .exited(0))
  }

  @Test func aMemberStartsInItsFleetOnly() throws {
    let fleet = try Fleet(on: .shared())
    let folder = TemporaryFolder()
    let member = try fleet.join("b", folder: folder)
    #expect(try member.stop() == .exited(0))
    let alone = try Daemon.start([], in: folder)
    #expect(try alone.wait() != .exited(0))
    #expect(alone.says("belongs to the fleet"))
    // Another fleet is no place for it either, nor is one that has not been begun.
    let other = try Fleet(on: .shared())
    let stranger = try Daemon(["--fleet", other.string], folder: folder)
    let client = try stranger.client()
    try wait(for: "the other fleet") {
      String(try client.getFleet { _ in }.message.problemReason) == "FLEET_OTHER"
    }
    #expect(try stranger.stop() == .exited(0))
    let again = try fleet.join("b", folder: folder)
    #expect(try again.stop() == .exited(0))
  }
}
