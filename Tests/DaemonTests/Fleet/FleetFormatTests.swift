internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// A version that reads a later format of the log, beside the present one: `POSTERN_FORMAT=2` makes
/// a daemon that version, and every entry that it then writes in that format has a field which the
/// present one does not know.
@Suite struct FleetFormatTests {
  private func format(_ daemon: Daemon) throws -> UInt32 {
    try daemon.client().getFleet { _ in }.message.format
  }

  /// Waits until a daemon has read so many members, and knows the format of each.
  private func waitForMembers(_ count: Int, at daemon: Daemon) throws {
    let client = try daemon.client()
    try wait(for: "\(count) members") { try client.getFleet { _ in }.message.membersCount == count }
  }

  @Test func theFormatWaitsForTheLastOldVersion() throws {
    let world = try FleetWorld()
    let folder = TemporaryFolder()
    let old = try world.start("c", folder: folder)
    try world.begin(with: old, leaseSeconds: 3)
    let first = try world.join("a", format: 2)
    let second = try world.join("b", format: 2)
    try waitForMembers(3, at: first)
    // It may come back: it counts even where it is silent.
    _ = try old.crash()
    let client = try first.client()
    try wait(for: "a silent member") {
      let fleet = try client.getFleet { _ in }.message
      return (0..<fleet.membersCount).contains { !fleet.members(at: $0).answering }
    }
    #expect(try format(first) == 1 && format(second) == 1)
    #expect(try client.issueToken(for: "alice", of: "acme").secret.hasPrefix("pst_"))
    // The next version in its place lets the format be raised, on all.
    let new = try world.join("c", folder: folder, format: 2)
    for daemon in [first, second, new] {
      try wait(for: "the format") { try format(daemon) == 2 }
    }
    let secret = try client.issueToken {
      $0.setOrganizationID("acme")
      $0.setUserID("alice")
      $0.setWait(.fleet)
    }
    for daemon in [first, second, new] {
      #expect(try BothPeers(daemon).isActive(String(secret.message.secret)))
    }
    var told: [String] = []
    try client.listEvents {
      $0.addKinds(.formatRaised)
    } each: { message in
      for index in 0..<message.eventsCount {
        told.append(String(message.events(at: index).message))
      }
      return true
    }
    #expect(told == ["the format of the log was raised to 2"])
    for daemon in [first, second, new] { #expect(try daemon.stop() == .exited(0)) }
    // The old version does not serve what it understands the half of.
    let late = try Daemon.start(["--fleet", world.string], in: folder)
    #expect(try late.wait() != .exited(0))
    #expect(late.says("its log has the format 2, and this version reads 1"))
  }

  @Test func anOldVersionThatComesBackSaysSoAndAnswersNothing() throws {
    let world = try FleetWorld()
    let folder = TemporaryFolder()
    let away = try world.start("b", folder: folder)
    try world.begin(with: away, leaseSeconds: 2)
    let first = try world.join("a", format: 2)
    #expect(try away.stop() == .exited(0))
    try wait(for: "the format") { try format(first) == 2 }
    let client = try first.client()
    _ = try client.issueToken(for: "alice", of: "acme")
    // One that has been a member starts, applies nothing, and says why.
    let back = try world.start("b", folder: folder)
    let old = try back.client()
    try wait(for: "the refusal") {
      String(try old.getFleet { _ in }.message.problemReason) == "FLEET_FORMAT"
    }
    let revision = try old.revision()
    let peers = try BothPeers(back)
    try wait(for: "the end of the lease") {
      try peers.ask("ValidateToken", of: "TokenService", Encoding.field(1, "x")).reason
        == "FLEET_STALE"
    }
    let command = Encoding.field(1, "acme") + Encoding.field(2, "ops")
    let refusal = try peers.ask("CreateTeam", of: "DirectoryService", command)
    #expect(["FLEET_FORMAT", "FLEET_STALE"].contains(refusal.reason))
    #expect(try old.revision() == revision)
    #expect(try client.getFleet { _ in }.message.membersCount == 1)
    #expect(back.process.says("reason=FLEET_FORMAT"))
    #expect(try back.stop() == .exited(0))
    // One that has not been a member does not become one.
    let stranger = try Daemon.start(["--fleet", world.string], in: TemporaryFolder())
    #expect(try stranger.wait() != .exited(0))
    #expect(stranger.says("has the format 2, and this daemon takes 1"))
    #expect(try first.stop() == .exited(0))
  }

  @Test func aHostCanHoldTheFormatBack() throws {
    let world = try FleetWorld()
    let first = try world.start("a", format: 2)
    try world.begin(with: first, leaseSeconds: 1)
    let folder = TemporaryFolder()
    try wait(for: "the format") { try format(first) == 2 }
    // Too late: it would not understand what is to come.
    let late = try Daemon.start(
      ["--fleet", world.string, "--fleet-format", "1"], in: folder,
      environment: ["POSTERN_FORMAT": "2"])
    #expect(try late.wait() != .exited(0))
    #expect(late.says("or remove --fleet-format"))
    #expect(try first.stop() == .exited(0))

    let other = try FleetWorld()
    let holding = try other.start("a", ["--fleet-format", "1"], format: 2)
    try other.begin(with: holding, leaseSeconds: 1)
    let free = try other.join("b", format: 2)
    try waitForMembers(2, at: free)
    let client = try free.client()
    _ = try client.issueToken {
      $0.setOrganizationID("acme")
      $0.setUserID("alice")
      $0.setWait(.fleet)
    }
    #expect(try format(free) == 1)
    #expect(try holding.stop() == .exited(0))
    try wait(for: "the format") { try format(free) == 2 }
    #expect(try free.stop() == .exited(0))
  }

  /// Without a fleet no other daemon reads the log.
  @Test func aLedgerAloneTakesTheFormatOfItsVersion() throws {
    let folder = TemporaryFolder()
    let new = try Daemon(folder: folder, environment: ["POSTERN_FORMAT": "2"])
    let client = try new.client()
    try client.createOrganization("acme", administrator: "alice")
    let revision = try client.revision()
    #expect(try new.stop() == .exited(0))
    let old = try Daemon.start([], in: folder)
    #expect(try old.wait() != .exited(0))
    #expect(old.says("its log has the format 2, and this version reads 1"))
    // Nor is a copy of it restored.
    let restore = try ChildProcess(
      Daemon.program("postern"),
      ["restore", "\(folder.path)/data/data.mdb", "--data", "\(folder.path)/other"])
    #expect(try restore.wait() != .exited(0))
    #expect(restore.says("the ledger is of a later version of Postern"))
    let again = try Daemon(folder: folder, environment: ["POSTERN_FORMAT": "2"])
    #expect(try again.client().revision() == revision)
    #expect(try again.stop() == .exited(0))
  }
}
