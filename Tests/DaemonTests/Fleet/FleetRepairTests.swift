internal import Messages
internal import Platform
internal import PosternClient
internal import TestSupport
internal import Testing

/// A fleet whose database has lost what it had acknowledged, or has rows that no host can apply.
@Suite struct FleetRepairTests {
  /// A database, and daemons on it.
  private final class Fleet {
    let server: PostgreSQL
    let database: String
    var string: String { server.string(database: database) }

    init() throws {
      server = try .shared()
      database = try server.makeDatabase()
    }

    func start(
      _ host: String, in folder: TemporaryFolder = TemporaryFolder(),
      environment: [String: String] = [:]
    ) throws -> Daemon {
      try Daemon(
        ["--fleet", string, "--fleet-host", host], folder: folder, environment: environment)
    }

    /// The first member, with an organization.
    func begin(
      in folder: TemporaryFolder = TemporaryFolder(), leaseSeconds: Int64 = 60
    ) throws -> Daemon {
      let daemon = try start("a", in: folder)
      let client = try daemon.client()
      _ = try client.initializeFleet { $0.makeLease().set(leaseSeconds, 0) }
      try client.createOrganization("acme", administrator: "alice")
      return daemon
    }

    func join(_ host: String, in folder: TemporaryFolder = TemporaryFolder()) throws -> Daemon {
      let daemon = try start(host, in: folder)
      try waitUntilFollowing(daemon)
      return daemon
    }

    func waitUntilFollowing(_ daemon: Daemon) throws {
      let client = try daemon.client()
      try wait(for: "a member that follows") {
        try client.getFleet { _ in }.message.condition == .following
      }
    }

    /// Forgets what is behind a revision, as a standby does that lacked it.
    func forget(behind revision: UInt64) throws {
      try server.execute("delete from postern.log where last > \(revision)", database: database)
    }
  }

  private func problem(of client: PosternClient) throws -> String {
    String(try client.getFleet { _ in }.message.problemReason)
  }

  private func waitForProblem(_ reason: String, of client: PosternClient) throws {
    try wait(for: reason) { try problem(of: client) == reason }
  }

  private func step(of client: PosternClient) throws -> PosternV1.RepairStep {
    try client.getRepair { _ in }.message.step
  }

  /// Where the logs of those members end that were heard, and the database's as expected.
  private func heads(of client: PosternClient, database: UInt64) throws -> [UInt64] {
    let reply = try client.getRepair { _ in }
    guard reply.message.databaseRevision == database else { return [] }
    return Self.heads(reply.message)
  }

  private static func heads(_ answer: PosternV1.GetRepairResponse) -> [UInt64] {
    var heads: [UInt64] = []
    for index in 0..<answer.membersCount {
      let member = answer.members(at: index)
      if member.heard, member.headHash.count == 32 { heads.append(member.headRevision) }
    }
    return heads
  }

  /// Has one change kept, and the daemon end; the file.
  private func lostFile(of client: PosternClient, from revision: UInt64) throws -> String {
    let reply = try client.rebuildMember { _ in }
    let (first, count) = (reply.message.firstLostRevision, reply.message.lostCount)
    #expect(first == revision && count == 1)
    return String(reply.message.file)
  }

  /// Has the log cut off; the file.
  private func cutFile(of client: PosternClient, from revision: UInt64) throws -> String {
    let reply = try client.cutLog { $0.setFirstRevision(revision) }
    return String(reply.message.file)
  }

  /// The tokens whose revokes are lost.
  private func lostTokens(of client: PosternClient) throws -> [String] {
    let reply = try client.listLostChanges { $0.setPageSize(1) }
    return Self.revokedTokens(reply.message)
  }

  private static func revokedTokens(_ answer: PosternV1.ListLostChangesResponse) -> [String] {
    var tokens: [String] = []
    for index in 0..<answer.eventsCount {
      let event = answer.events(at: index)
      if event.kind == .tokenRevoked { tokens.append(String(event.tokenID)) }
    }
    return tokens
  }

  /// The reason for which a call is refused.
  private func reason(_ call: () throws -> Void) -> String? {
    do { try call() } catch ClientError.status(_, _, _, let reason, _) { return reason } catch {}
    return nil
  }

  /// Lets each of two members read the list of members. It does so three times in a lease, and at
  /// once where a command waits for the fleet.
  private func readMembers(of clients: [PosternClient]) throws {
    for client in clients {
      _ = try client.issueToken {
        $0.setOrganizationID("acme")
        $0.setUserID("alice")
        $0.setWait(.fleet)
      }
      try wait(for: "both members") { try client.getFleet { _ in }.message.membersCount == 2 }
    }
  }

  @Test func theLongestLogIsAppendedAgain() throws {
    let fleet = try Fleet()
    let first = try fleet.begin()
    let second = try fleet.join("b")
    let (here, there) = (try first.client(), try second.client())
    // The repair waits for no host once all members are known.
    try readMembers(of: [here, there])
    let token = try here.issueToken(for: "alice", of: "acme")
    let kept = try here.revision()
    _ = try there.revokeToken {
      $0.setTokenID(token.id)
      $0.setWait(.fleet)
    }
    #expect(try step(of: here) == .none)
    #expect(try here.appendMissing { _ in }.message.appendedCount == 0)
    try fleet.forget(behind: kept)
    for client in [here, there] { try waitForProblem("FLEET_FORGOT", of: client) }
    // Nothing is changed meanwhile, and the refusal says what to do.
    #expect(
      reason { _ = try here.issueToken(for: "alice", of: "acme") } == "FLEET_FORGOT")
    try wait(for: "what to do") { try step(of: here) == .append }
    #expect(try heads(of: here, database: kept) == [kept + 1, kept + 1])
    #expect(reason { _ = try here.rebuildMember { _ in } } == "NOTHING_TO_REBUILD")
    #expect(reason { _ = try here.cutLog { $0.setFirstRevision(kept + 1) } } == "NOTHING_TO_CUT")
    #expect(try here.appendMissing { _ in }.message.appendedCount == 1)
    for daemon in [first, second] { try fleet.waitUntilFollowing(daemon) }
    #expect(try here.getFleet { _ in }.message.term == 2)
    for daemon in [first, second] {
      #expect(try !BothPeers(daemon).isActive(token.secret))
    }
    // The fleet goes on.
    _ = try there.issueToken {
      $0.setOrganizationID("acme")
      $0.setUserID("alice")
      $0.setWait(.fleet)
    }
    #expect(try here.appendMissing { _ in }.message.appendedCount == 0)
    #expect(try first.stop() == .exited(0))
    #expect(try second.stop() == .exited(0))
  }

  /// A host that was not heard may have a longer log.
  @Test func aHastyRepairIsRefused() throws {
    let fleet = try Fleet()
    let first = try fleet.begin()
    let second = try fleet.join("b")
    let here = try first.client()
    let kept = try here.revision()
    _ = try here.issueToken {
      $0.setOrganizationID("acme")
      $0.setUserID("alice")
      $0.setWait(.fleet)
    }
    try wait(for: "both members") { try here.getFleet { _ in }.message.membersCount == 2 }
    #expect(try second.crash() == .signaled(9))
    try fleet.forget(behind: kept)
    try waitForProblem("FLEET_FORGOT", of: here)
    #expect(try step(of: here) == .wait)
    #expect(reason { _ = try here.appendMissing { _ in } } == "REPAIR_TOO_EARLY")
    #expect(
      try fleet.server.execute("select term from postern.fleet", database: fleet.database) == "1")
    #expect(try first.stop() == .exited(0))
  }

  /// A repair is some statements: the first ends the term, each further one uploads some rows, and
  /// the last declares the log whole. Whichever of them the daemon is killed behind, a repair on
  /// the same host ends it.
  @Test(arguments: 1...4) func aRepairThatWasCutOffIsDoneAgain(_ statement: Int) throws {
    let fleet = try Fleet()
    let (folder, lease) = (TemporaryFolder(), Int64(2))
    let begun = try fleet.begin(in: folder, leaseSeconds: lease)
    let kept = try begun.client().revision()
    let second = try fleet.join("b")
    let there = try second.client()
    // More than one row of the upload.
    _ = try there.inviteUsers {
      $0.setOrganizationID("acme")
      for index in 0..<1000 { $0.addUsers().setUserID("user-\(index)") }
      $0.setWait(.fleet)
    }
    #expect(try begun.stop() == .exited(0))
    let cut = try fleet.start(
      "a", in: folder, environment: ["POSTERN_FAILPOINT": "after-upload:\(statement)"])
    try fleet.waitUntilFollowing(cut)
    let head = try cut.client().revision()
    try fleet.forget(behind: kept)
    #expect(throws: (any Error).self) { try self.repair(cut) }
    #expect(try cut.process.wait() == .signaled(9))
    let rows = Int(
      try fleet.server.execute(
        "select count(*) from postern.log where last > \(kept)", database: fleet.database))
    #expect(statement > 1 ? (rows ?? 0) > 0 : rows == 0)
    let again = try fleet.start("a", in: folder)
    try repair(again)
    for daemon in [again, second] { try fleet.waitUntilFollowing(daemon) }
    // The same chain everywhere, and it goes on.
    let (own, others) = (try end(of: again), try end(of: second))
    #expect(own.revision >= head && own.revision == others.revision)
    #expect(own.hash == others.hash)
    _ = try there.issueToken {
      $0.setOrganizationID("acme")
      $0.setUserID("user-999")
      $0.setWait(.fleet)
    }
    #expect(try again.client().revision() == own.revision + 1)
    #expect(try again.stop() == .exited(0))
    #expect(try second.stop() == .exited(0))
  }

  /// Repairs as soon as nobody has to be waited for.
  private func repair(_ daemon: Daemon) throws {
    let client = try daemon.client()
    try wait(for: "a repair") {
      do {
        _ = try client.appendMissing { _ in }
        return try client.getFleet { _ in }.message.condition == .following
      } catch ClientError.status(_, _, _, "REPAIR_TOO_EARLY", _) { return false }
    }
  }

  private func end(of daemon: Daemon) throws -> (revision: UInt64, hash: [UInt8]) {
    let client = try daemon.client()
    let revision = try client.revision()
    let answer = try client.verifyLog {
      $0.setFromRevision(revision)
      $0.setToRevision(revision)
    }
    return (revision, [UInt8](copying: answer.message.verifiedHash))
  }

  @Test func aForkedMemberBeginsAnewAndKeepsWhatItLoses() throws {
    let fleet = try Fleet()
    let folder = TemporaryFolder()
    let first = try fleet.begin(in: folder)
    let here = try first.client()
    let token = try here.issueToken(for: "alice", of: "acme")
    let kept = try here.revision()
    _ = try here.revokeToken { $0.setTokenID(token.id) }
    #expect(try first.stop() == .exited(0))
    try fleet.forget(behind: kept)
    let second = try fleet.join("b")
    let there = try second.client()
    #expect(try BothPeers(second).isActive(token.secret))
    try there.createOrganization("other", administrator: "bob")
    let forked = try fleet.start("a", in: folder)
    let client = try forked.client()
    try waitForProblem("FLEET_FORKED", of: client)
    #expect(try step(of: client) == .rebuild)
    #expect(try client.getRepair { _ in }.message.firstDifference == kept + 1)
    #expect(reason { _ = try client.appendMissing { _ in } } == "REPAIR_DIFFERS")
    let file = try lostFile(of: client, from: kept + 1)
    // It ends with an error, so that a supervisor starts it again.
    #expect(try forked.process.wait() == .exited(1))
    #expect(try FileStatus(path: file).permissions == 0o600)
    let again = try fleet.join("a", in: folder)
    let anew = try again.client()
    #expect(try anew.revision() == there.revision())
    #expect(try lostTokens(of: anew) == [token.id])
    // Decided anew, it stays revoked everywhere.
    _ = try anew.revokeToken {
      $0.setTokenID(token.id)
      $0.setWait(.fleet)
    }
    for daemon in [again, second] { #expect(try !BothPeers(daemon).isActive(token.secret)) }
    #expect(try again.stop() == .exited(0))
    #expect(try second.stop() == .exited(0))
  }

  @Test func rowsThatNoHostCanApplyAreCutOff() throws {
    let fleet = try Fleet()
    let first = try fleet.begin()
    let second = try fleet.join("b")
    let (here, there) = (try first.client(), try second.client())
    try readMembers(of: [here, there])
    let head = try here.revision()
    try fleet.server.execute(
      """
      insert into postern.log values (\(head + 1), \(head + 1), 1, false, '\\x0001',
        decode(repeat('00', 32), 'hex'))
      """, database: fleet.database)
    for client in [here, there] { try waitForProblem("FLEET_DAMAGED", of: client) }
    #expect(try step(of: here) == .cut)
    #expect(reason { _ = try here.cutLog { $0.setFirstRevision(head) } } == "NOTHING_TO_CUT")
    var file = ""
    try wait(for: "a cut") {
      do {
        file = try cutFile(of: here, from: head + 1)
        return true
      } catch ClientError.status(_, _, _, "REPAIR_TOO_EARLY", _) { return false }
    }
    #expect(try FileStatus(path: file).permissions == 0o600)
    for daemon in [first, second] { try fleet.waitUntilFollowing(daemon) }
    _ = try there.issueToken {
      $0.setOrganizationID("acme")
      $0.setUserID("alice")
      $0.setWait(.fleet)
    }
    #expect(try here.revision() == head + 1)
    #expect(try first.stop() == .exited(0))
    #expect(try second.stop() == .exited(0))
  }

  /// Tables of another version are not touched, and every program says so. The fleet begins anew
  /// with the log that it has.
  @Test func tablesOfAnotherVersionAreMadeAnew() throws {
    let fleet = try Fleet()
    let folderOfFirst = TemporaryFolder()
    let folderOfSecond = TemporaryFolder()
    let first = try fleet.begin(in: folderOfFirst)
    let second = try fleet.join("b", in: folderOfSecond)
    let token = try second.client().issueToken(for: "alice", of: "acme")
    try wait(for: "the token") { try first.client().isActive(token.secret) }
    try fleet.server.execute(
      "alter table postern.fleet drop column version", database: fleet.database)
    try expectRefusals(in: fleet, by: first)
    #expect(try first.stop() == .exited(0))
    #expect(try second.stop() == .exited(0))
    try fleet.server.execute("drop schema postern cascade", database: fleet.database)
    let again = try fleet.start("a", in: folderOfFirst)
    _ = try again.client().initializeFleet { $0.makeLease().set(60, 0) }
    let other = try fleet.join("b", in: folderOfSecond)
    try expect(true, of: token.secret, on: [again, other])
    _ = try other.client().revokeToken {
      $0.setTokenID(token.id)
      $0.setWait(.fleet)
    }
    try expect(false, of: token.secret, on: [again, other])
    let (here, there) = (try end(of: again), try end(of: other))
    #expect(here.hash == there.hash)
    #expect(try again.stop() == .exited(0))
    #expect(try other.stop() == .exited(0))
  }

  private func expect(_ isActive: Bool, of secret: String, on daemons: [Daemon]) throws {
    for daemon in daemons { #expect(try BothPeers(daemon).isActive(secret) == isActive) }
  }

  /// A member, an operator and a daemon that is to join are told that the tables don't fit.
  private func expectRefusals(in fleet: Fleet, by member: Daemon) throws {
    let cure = "another version of Postern has made the tables of the fleet"
    let client = try member.client()
    try waitForProblem("FLEET_REFUSED", of: client)
    let problem = String(try client.getFleet { _ in }.message.problem)
    #expect(problem.contains(cure))
    var refusal = ""
    do { _ = try client.initializeFleet { _ in } } catch { refusal = "\(error)" }
    #expect(refusal.contains(cure))
    let joining = try Daemon.start(["--fleet", fleet.string], in: TemporaryFolder())
    #expect(try joining.wait() == .exited(1))
    #expect(joining.wholeOutput().contains(cure))
  }

  /// A daemon that has to be opened anew as a member ends with an error: its unit restarts it.
  @Test func aFleetBegunElsewhereRestartsADaemon() throws {
    let fleet = try Fleet()
    let other = try fleet.start("b")
    let first = try fleet.begin()
    #expect(try other.process.wait() == .exited(1))
    #expect(other.process.wholeOutput().contains("to be started again"))
    #expect(try first.stop() == .exited(0))
  }
}
