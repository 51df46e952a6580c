internal import Foundation
internal import Glibc
internal import Ledger
internal import Messages
internal import Platform
internal import PosternClient
internal import TestSupport
internal import Testing

/// Tables that are not what the log says, though each of their rows is whole: nothing is answered
/// from them once the check has told, and they are made anew.
@Suite struct ContradictedTablesTests {
  private let world: World
  private var folder: TemporaryFolder { world.daemon.folder }
  /// What an administrator may remove, and `bob` may not.
  private static let place = "/v2/team/writers/member/dave"
  private var data: String { "\(folder.path)/data" }

  init() throws { world = try World(["--check-interval", "1"]) }

  /// The note that outlives the daemon.
  private func noted() throws -> TablesFinding? { try HostFile.open(folder: data)?.record.tables }

  private func note(_ finding: TablesFinding) throws {
    let host = try #require(try HostFile.open(folder: data))
    var record = host.record
    record.tables = finding
    try host.write(record)
  }

  private func isWhole() throws -> Bool {
    guard case .whole = try LedgerCheck.look(in: data) else { return false }
    return true
  }

  private func expectRefused(
    _ outcome: Outcome, _ place: SourceLocation = #_sourceLocation
  ) {
    #expect(
      outcome.code == 14 && outcome.reason == "LEDGER_DAMAGED", "\(outcome)",
      sourceLocation: place)
    #expect(outcome.payload.isEmpty, sourceLocation: place)
  }

  /// Yes and no alike, on both protocols, by queries, commands, streams and proxies. What tells of
  /// the daemon is answered, and a backup is made. A kill does not make it forget.
  @Test func answerNothingAndAreMadeAnew() throws {
    let client = try world.daemon.client()
    let peers = try BothPeers(world.daemon)
    let secret = world.secret(of: .writer)
    let revision = try client.revision()
    #expect(try peers.isActive(secret))
    try FlippedBits.contradictAdministrator("bob", "\(data)/data.mdb")
    try wait(for: "the status") {
      let reply = try client.getStatus { _ in }
      let damage = String(reply.message.ledgerDamage)
      return damage.contains("`acme/bob` of the table `users` is not what the log says")
    }
    for name in [secret, world.secret(of: .user), world.secret(of: .revoked), "garbage"] {
      let token = Encoding.field(1, name)
      expectRefused(try peers.ask("ValidateToken", of: "TokenService", token))
      expectRefused(
        try peers.ask(
          "Check", of: "PermissionService", token + Encoding.field(2, "dashboard.create")))
      expectRefused(try peers.ask("RevokeToken", of: "TokenService", token))
      let answer = try peers.authorize("GET", "/v2/integration/1", name)
      #expect(answer.denies(403) && answer.body.contains("the ledger is damaged"), "\(answer)")
    }
    expectRefused(try peers.ask("ListOrganizations", of: "DirectoryService", []))
    let watch = WireCall(service: "postern.v1.WatchService", method: "Watch")
    for kind in PeerKind.allCases {
      let peer = try kind.connect(world.daemon)
      try peer.open(watch, stream: 1)
      expectRefused(try #require(try peer.next(1).outcome))
    }
    for service in ["", "postern.v1.TokenService", "postern.v1.PermissionService"] {
      let health = try peers.ask(
        WireCall(
          service: "grpc.health.v1.Health", method: "Check",
          payload: Encoding.field(1, service)))
      #expect(health.payload == [8, 2], "\(service)")
    }
    let metrics = try client.getMetrics { $0.setNamePrefix("postern_ledger_damaged") }
    let text = String(decoding: [UInt8](copying: metrics.message.openMetricsText), as: UTF8.self)
    #expect(text.contains("\npostern_ledger_damaged 1\n"))
    _ = try client.backup { $0.setPath("\(folder.path)/saved") }
    #expect(try noted() == .contradicted)
    #expect(world.daemon.process.says("nothing is answered from them"))
    #expect(try world.daemon.crash() == .signaled(9))

    let next = try Daemon(["--check-interval", "1"], folder: folder)
    #expect(next.process.says("the tables were made anew from the log"))
    let answers = try BothPeers(next)
    #expect(try answers.isActive(secret))
    #expect(try !answers.isActive(world.secret(of: .revoked)))
    #expect(try !answers.authorize("DELETE", Self.place, world.secret(of: .user)).isAllowed)
    #expect(try next.client().revision() == revision)
    try wait(for: "the next check") { try noted() == TablesFinding.none }
    // Once is enough.
    #expect(try next.stop() == .exited(0))
    #expect(try isWhole())
    let last = try Daemon(folder: folder)
    #expect(!last.process.says("made anew"))
    #expect(try last.stop() == .exited(0))
  }

  /// A supervisor has the daemon back within seconds, but not again and again.
  @Test func endADaemonThatIsStartedAgain() throws {
    #expect(try world.daemon.stop() == .exited(0))
    try FlippedBits.contradictAdministrator("bob", "\(data)/data.mdb")
    let inbox = try NotifyInbox("\(folder.path)/notify")
    func start() throws -> ChildProcess {
      try SupervisedDaemon.start(
        in: folder, environment: ["NOTIFY_SOCKET": inbox.address],
        arguments: ["--check-interval", "1"])
    }
    let first = try start()
    #expect(try first.wait() == .exited(1))
    #expect(first.says("the next start makes them anew"))
    #expect(try noted() == .contradicted)
    let second = try start()
    _ = try inbox.next(with: "READY=1")
    try wait(for: "the check") { try noted() == TablesFinding.none }
    second.signal(15)
    #expect(try second.wait() == .exited(0))
    #expect(try isWhole())

    // As if they had been made anew just now.
    try FlippedBits.contradictAdministrator("bob", "\(data)/data.mdb")
    try note(.rebuilt)
    let third = try start()
    try third.waitForOutput("are wrong again: a disk or memory fails")
    #expect(try noted() == .contradicted)
    let client = try PosternClient(socketPath: "\(folder.path)/socket")
    let reply = try client.getStatus { _ in }
    let damage = String(reply.message.ledgerDamage)
    #expect(!damage.isEmpty)
    third.signal(15)
    #expect(try third.wait() == .exited(1))
  }

  /// Where the log is damaged too, no tables follow from it: nothing is served, nothing is changed.
  @Test func areNotServedWhereTheLogIsDamaged() throws {
    #expect(try world.daemon.stop() == .exited(0))
    try note(.contradicted)
    // In the entry of the invitation: the ids are apart there.
    let entry = Encoding.field(1, "acme") + Encoding.field(2, "bob")
    #expect(try FlippedBits.flip("\(data)/data.mdb", bytes: entry, at: entry.count - 1) > 0)
    let before = try Data(contentsOf: URL(filePath: "\(data)/data.mdb"))
    let refused = try Daemon.start([], in: folder)
    #expect(try refused.wait() == .exited(1))
    let output = refused.wholeOutput()
    #expect(output.contains("what they are made from is damaged: the log at revision"), "\(output)")
    #expect(output.contains("postern restore") && !output.contains("event=serving"))
    #expect(try Data(contentsOf: URL(filePath: "\(data)/data.mdb")) == before)
    #expect(try !FileManager.default.contentsOfDirectory(atPath: data).contains("data.mdb.new"))
    // A log that is damaged by itself ends nothing: each row of the tables vouches for itself.
    try note(.none)
    let daemon = try Daemon(["--check-interval", "1"], folder: folder)
    try wait(for: "the status") {
      let reply = try daemon.client().getStatus { _ in }
      return String(reply.message.ledgerDamage).contains("the log at revision")
    }
    #expect(try BothPeers(daemon).isActive(world.secret(of: .writer)))
    #expect(try daemon.stop() == .exited(0))
  }

  /// Where there is no room for new tables, nothing is served until there is. What a rebuild leaves
  /// that was killed, or found no room, is removed.
  @Test func waitForRoom() throws {
    let folder = TemporaryFolder()
    guard let disk = try SmallDisk(at: folder.path("data"), megabytes: 24) else { return }
    let data = folder.path("data")
    let daemon = try Daemon(folder: folder)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let secret = try client.issueToken(for: "alice", of: "acme").secret
    #expect(try daemon.stop() == .exited(0))
    let host = try #require(try HostFile.open(folder: data))
    var record = host.record
    record.tables = .contradicted
    try host.write(record)
    #expect(FileManager.default.createFile(atPath: "\(data)/data.mdb.new", contents: Data([1])))
    disk.fill(leaving: 16 << 10)
    let refused = try Daemon.start([], in: folder)
    #expect(try refused.wait() == .exited(1))
    #expect(refused.says("It takes as much of the disk as the ledger"))
    #expect(try !FileManager.default.contentsOfDirectory(atPath: data).contains("data.mdb.new"))
    disk.empty()
    let next = try Daemon(folder: folder)
    #expect(next.process.says("the tables were made anew from the log"))
    #expect(try next.client().isActive(secret))
    #expect(try next.stop() == .exited(0))
  }

  /// A rebuild that is killed at any moment has changed nothing, or all.
  @Test func surviveAKilledRebuild() throws {
    let client = try world.daemon.client()
    for _ in 0..<40 { _ = try client.issueToken(for: "carol", of: "acme") }
    let secret = world.secret(of: .writer)
    #expect(try world.daemon.stop() == .exited(0))
    for round in 0..<12 {
      try FlippedBits.contradictAdministrator("bob", "\(data)/data.mdb")
      try note(.contradicted)
      let killed = try Daemon.start([], in: folder)
      try killed.waitForOutput("making the tables anew")
      // From no time to more than it takes.
      usleep(UInt32(round * round) * 400)
      killed.signal(9)
      _ = try killed.wait()
      #expect(try noted() != TablesFinding.none)
      let daemon = try Daemon(folder: folder)
      #expect(try BothPeers(daemon).isActive(secret))
      #expect(try daemon.stop() == .exited(0))
      #expect(try isWhole())
      #expect(try !FileManager.default.contentsOfDirectory(atPath: data).contains("data.mdb.new"))
    }
  }

  /// A row that is never answered from is cured on request, through a link to another folder too.
  @Test func areMadeAnewOnRequest() throws {
    #expect(try world.daemon.stop() == .exited(0))
    let (file, elsewhere) = ("\(data)/data.mdb", "\(folder.path)/elsewhere.mdb")
    try FileManager.default.moveItem(atPath: file, toPath: elsewhere)
    try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: elsewhere)
    #expect(try FlippedBits.flipAdministrator("bob", elsewhere) > 0)
    let user = world.secret(of: .user)
    do {
      let daemon = try Daemon(folder: folder)
      #expect(try BothPeers(daemon).authorize("DELETE", Self.place, user).denies(403))
      #expect(try daemon.client().isActive(world.secret(of: .writer)))
      #expect(try daemon.stop() == .exited(0))
    }
    #expect(try !isWhole())
    // It holds on to the table of readers of before, which says how often that file was written.
    let reader = try StoredLog(folder: data)
    let daemon = try Daemon(["--rebuild-tables"], folder: folder)
    #expect(try daemon.client().isActive(user))
    let fresh = try daemon.client().issueToken(for: "bob", of: "acme").secret
    #expect(try daemon.client().isActive(fresh))
    #expect(reader.lastHash != nil)
    #expect(try daemon.stop() == .exited(0))
    #expect(try isWhole())
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: file) == elsewhere)
  }

  /// A damaged row does not keep the check from what contradicts the log beside it; and one whose
  /// key was garbled hides the row that the log has.
  @Test func areFoundBesideADamagedRow() throws {
    #expect(try world.daemon.stop() == .exited(0))
    let file = "\(data)/data.mdb"
    #expect(try FlippedBits.flipAdministrator("alice", file) > 0)
    guard case .damaged(let row) = try LedgerCheck.look(in: data) else {
      Issue.record("the row is not found")
      return
    }
    #expect(row.contains("`acme/alice` of the table `users` doesn't have its checksum"))
    try FlippedBits.contradictAdministrator("bob", file)
    guard case .contradicted(let other) = try LedgerCheck.look(in: data) else {
      Issue.record("the contradiction is not found")
      return
    }
    #expect(other.contains("`acme/bob` of the table `users` is not what the log says"))
    try FlippedBits.contradictAdministrator("bob", file)
    #expect(try FlippedBits.flipAdministrator("alice", file) > 0)
    #expect(try isWhole())
    let key = Array("acme\0carol".utf8)
    #expect(try FlippedBits.flip(file, key: key, at: key.count - 1) > 0)
    guard case .contradicted(let hidden) = try LedgerCheck.look(in: data) else {
      Issue.record("the hidden row is not found")
      return
    }
    #expect(hidden.contains("`acme/caro"), "\(hidden)")
  }
}
