internal import Foundation
internal import Glibc
internal import Ledger
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Files of the ledger that are removed or replaced under a running daemon.
@Suite struct ReplacedLedgerTests {
  enum Loss: CaseIterable { case removed, replaced, moved }

  private static func move(_ from: String, _ to: String) { #expect(unsafe rename(from, to) == 0) }

  /// No change to a removed file is acknowledged, and queries are answered on.
  @Test(arguments: Loss.allCases) func endsWritingButNotReading(_ loss: Loss) throws {
    let world = try World()
    let (daemon, folder) = (world.daemon, world.daemon.folder)
    let (data, copy) = ("\(folder.path)/data", "\(folder.path)/copy")
    let client = try daemon.client()
    let peers = try BothPeers(daemon)
    let revision = try client.revision()
    switch loss {
    case .removed: #expect(unsafe unlink("\(data)/data.mdb") == 0)
    case .replaced:
      try FileManager.default.copyItem(atPath: "\(data)/data.mdb", toPath: copy)
      Self.move(copy, "\(data)/data.mdb")
    case .moved:
      Self.move(data, copy)
      #expect(unsafe mkdir(data, 0o700) == 0)
    }
    let secret = world.secret(of: .user)
    for _ in 0..<2 {
      let outcome = try peers.ask("RevokeToken", of: "TokenService", Encoding.field(1, secret))
      #expect(outcome.code == 14 && outcome.reason == "LEDGER_FAILED", "\(outcome)")
      #expect(outcome.message.contains("data.mdb` was removed or replaced"), "\(outcome)")
    }
    #expect(try peers.isActive(secret))
    #expect(try peers.authorize("GET", "/v2/integration/1", secret).isAllowed)
    #expect(try client.revision() == revision)
    let problem = { () throws -> String in
      let reply = try client.getStatus { _ in }
      return String(reply.message.ledgerProblem)
    }
    #expect(try problem().contains("removed or replaced"))
    try wait(for: "the log's line") {
      daemon.process.wholeOutput().contains("the ledger is not written any more")
    }
    // A backup still saves what it knows.
    let saved = "\(folder.path)/saved"
    _ = try client.backup { $0.setPath(saved) }
    #expect(try daemon.stop() == .exited(1))

    switch loss {
    case .removed:
      let process = try Daemon.start([], in: folder)
      #expect(try process.wait() == .exited(1))
      #expect(process.says("there is no ledger in"))
      _ = try Restoration.restore(saved, into: data) { _, _ in }
    case .replaced: break
    case .moved:
      try FileManager.default.removeItem(atPath: data)
      Self.move(copy, data)
    }
    let next = try Daemon(folder: folder)
    #expect(try next.client().revision() == revision)
    #expect(try next.client().isActive(secret))
    #expect(try next.client().verify().isIntact)
  }

  /// The daemon notices without a write.
  @Test(arguments: Loss.allCases) func isNoticedByAnIdleDaemon(_ loss: Loss) throws {
    let daemon = try Daemon()
    let (data, copy) = ("\(daemon.folder.path)/data", "\(daemon.folder.path)/copy")
    switch loss {
    case .removed: #expect(unsafe unlink("\(data)/data.mdb") == 0)
    case .replaced:
      try FileManager.default.copyItem(atPath: "\(data)/data.mdb", toPath: copy)
      Self.move(copy, "\(data)/data.mdb")
    case .moved: Self.move(data, copy)
    }
    try wait(for: "the log's line") {
      daemon.process.wholeOutput().contains("the ledger is not written any more")
    }
    let reply = try daemon.client().getStatus { _ in }
    #expect(String(reply.message.ledgerProblem).contains("removed or replaced"))
    #expect(try daemon.stop() == .exited(1))
  }

  /// A file that was truncated under a daemon, idle or at the next write. The daemon may die of the
  /// missing pages, acknowledges nothing, and the next start names the file. All that was
  /// acknowledged before counts again once the rest of the file is back.
  @Test(arguments: [false, true]) func isNotWrittenOnWhereItWasCutOff(_ isIdle: Bool) throws {
    let world = try World()
    let (daemon, folder) = (world.daemon, world.daemon.folder)
    let path = "\(folder.path)/data/data.mdb"
    let client = try daemon.client()
    let secret = world.secret(of: .user)
    try client.revoke(secret: secret)
    let revision = try client.revision()
    let peers = try BothPeers(daemon)
    // The daemon reads nothing behind the cut.
    try wait(for: "the host's note, made each second") {
      try HostFile.open(folder: "\(folder.path)/data")?.record.revision == revision
    }
    let content = try Data(contentsOf: URL(filePath: path))
    #expect(unsafe truncate(path, 16_384) == 0)
    if isIdle {
      // On a busy machine a periodic read may come first: then it has ended.
      try wait(for: "the log's line, or the daemon's end") {
        daemon.process.wholeOutput().contains("`\(path)` has 16384 bytes")
          || (try? daemon.client()) == nil
      }
    }
    let other = Encoding.field(1, world.secret(of: .writer))
    // Without an answer it has ended.
    let outcome = try? peers.ask("RevokeToken", of: "TokenService", other)
    #expect(outcome?.code != 0, "\(outcome as Any)")
    if isIdle, let outcome { #expect(outcome.reason == "LEDGER_FAILED", "\(outcome)") }
    _ = try daemon.crash()

    let refused = try Daemon.start([], in: folder)
    #expect(try refused.wait() == .exited(1))
    let said = refused.wholeOutput()
    #expect(said.contains("`\(path)` has 16384 bytes") && said.contains("cut off"), "\(said)")
    try content.write(to: URL(filePath: path))
    let next = try Daemon(folder: folder)
    #expect(try next.client().revision() == revision)
    #expect(try !BothPeers(next).isActive(secret))
    #expect(try next.client().isActive(world.secret(of: .writer)))
  }

  /// A copy that is written over the file, which stays the same one, undoes no revoke: nothing is
  /// built on it, and no start takes it for what this host knows. By which of its two heads LMDB
  /// reads, an even and an odd number of commits since decide.
  @Test(arguments: 0..<2) func isNotWrittenOver(_ commits: Int) throws {
    let world = try World()
    let (daemon, folder) = (world.daemon, world.daemon.folder)
    let copy = "\(folder.path)/copy"
    let client = try daemon.client()
    let secret = world.secret(of: .user)
    _ = try client.backup { $0.setPath(copy) }
    try client.revoke(secret: secret)
    for index in 0..<commits { try client.invite("user-\(index)", to: "acme") }
    let revision = try client.revision()
    let data = "\(folder.path)/data"
    try wait(for: "the host's note, made each second") {
      try HostFile.open(folder: data)?.record.revision == revision
    }

    let file = try FileHandle(forUpdating: URL(filePath: "\(data)/data.mdb"))
    try file.write(contentsOf: Data(contentsOf: URL(filePath: copy)))
    try file.close()
    let peers = try BothPeers(daemon)
    let other = Encoding.field(1, world.secret(of: .administrator))
    let outcome = try peers.ask("RevokeToken", of: "TokenService", other)
    #expect(outcome.code != 0, "\(outcome)")
    #expect((try? peers.isActive(secret)) != true)
    #expect((try? peers.authorize("GET", "/v2/integration/1", secret).isAllowed) != true)
    _ = try daemon.stop()

    let process = try Daemon.start([], in: folder)
    #expect(try process.wait() == .exited(1))
    #expect(process.says("--lose-revisions"), "\(process.wholeOutput())")
  }

  /// The same before the host has noted the revoke: the daemon knows from memory what it has
  /// acknowledged, notes that at its end, and finds out without a write.
  @Test func isNotWrittenOverAtOnce() throws {
    let world = try World()
    let (daemon, folder) = (world.daemon, world.daemon.folder)
    let copy = "\(folder.path)/copy"
    let client = try daemon.client()
    let secret = world.secret(of: .user)
    _ = try client.backup { $0.setPath(copy) }
    try client.revoke(secret: secret)
    try Self.write(copy, over: "\(folder.path)/data/data.mdb")
    try Self.expectRefusal(by: daemon, of: secret)
  }

  /// Another history of the same ledger is not taken for this one, though it is longer.
  @Test func isNotTakenForALongerHistory() throws {
    let world = try World()
    let (daemon, folder) = (world.daemon, world.daemon.folder)
    let copy = "\(folder.path)/copy"
    let client = try daemon.client()
    let secret = world.secret(of: .user)
    _ = try client.backup { $0.setPath(copy) }
    let drill = TemporaryFolder()
    _ = try Restoration.restore(copy, into: "\(drill.path)/data") { _, _ in }
    let other = try Daemon(folder: drill)
    for index in 0..<12 { try other.client().invite("drill-\(index)", to: "acme") }
    #expect(try other.stop() == .exited(0))
    try client.revoke(secret: secret)
    try Self.write("\(drill.path)/data/data.mdb", over: "\(folder.path)/data/data.mdb")
    // The writer notices by itself, before any query has looked.
    let command = try TTRPCPeer(daemon).call(
      WireCall(method: "RevokeToken", payload: Encoding.field(1, world.secret(of: .writer))))
    #expect(command.code == 14 && command.reason == "LEDGER_FAILED", "\(command)")
    try Self.expectRefusal(by: daemon, of: secret)
  }

  /// Writes a file's bytes over another one, which stays the same file.
  private static func write(_ source: String, over target: String) throws {
    let file = try FileHandle(forUpdating: URL(filePath: target))
    try file.write(contentsOf: Data(contentsOf: URL(filePath: source)))
    try file.close()
  }

  /// A daemon whose file was written over answers from nothing in it, says so although nothing is
  /// written, and the next start is refused.
  private static func expectRefusal(by daemon: Daemon, of secret: String) throws {
    let peers = try BothPeers(daemon)
    #expect((try? peers.isActive(secret)) != true)
    try wait(for: "the log's line") {
      daemon.process.wholeOutput().contains("the ledger is not written any more")
    }
    #expect((try? peers.isActive(secret)) != true)
    _ = try daemon.stop()
    let process = try Daemon.start([], in: daemon.folder)
    #expect(try process.wait() == .exited(1))
    #expect(process.says("--lose-revisions"), "\(process.wholeOutput())")
  }

  /// The host's note is written again, and its loss reported: the next start would need it.
  @Test(arguments: [false, true]) func hasItsNoteWrittenAnew(_ isReplaced: Bool) throws {
    let world = try World()
    let (daemon, folder) = (world.daemon, world.daemon.folder)
    let (client, note) = (try daemon.client(), "\(folder.path)/data/host")
    let metric = "postern_host_file_renewals_total "
    func renewals() throws -> String {
      let reply = try client.getMetrics { $0.setNamePrefix("postern_host_file") }
      let lines = String(reply.message.openMetricsText).split(separator: "\n")
      return String(lines.first { $0.hasPrefix(metric) }?.dropFirst(metric.count) ?? "")
    }
    #expect(try renewals() == "0")
    if isReplaced {
      let other = folder.write("other", "what is no note")
      Self.move(other, note)
    } else {
      #expect(unsafe unlink(note) == 0)
    }
    try wait(for: "another note") { try renewals() == "1" }
    try wait(for: "the log's line") {
      daemon.process.wholeOutput().contains("was removed or replaced: it is written again")
    }
    let revision = try client.revision()
    #expect(try HostFile.open(folder: "\(folder.path)/data")?.record.revision == revision)
    #expect(try daemon.crash() == .signaled(SIGKILL))
    let next = try Daemon(folder: folder)
    #expect(try next.client().isActive(world.secret(of: .user)))
  }

  /// A daemon keeps its locks although their files were removed.
  @Test func hasOneWriterWithoutItsLocks() throws {
    let daemon = try Daemon()
    let (folder, data) = (daemon.folder, "\(daemon.folder.path)/data")
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    for name in ["lock", "lock.mdb"] { #expect(unsafe unlink("\(data)/\(name)") == 0) }
    for _ in 0..<2 {
      let second = try ChildProcess(
        Daemon.program("posternd"), ["--socket", "\(folder.path)/second", "--data", data],
        environment: ["HOME": folder.path])
      #expect(try second.wait() == .exited(1))
      #expect(second.says(data), "\(second.wholeOutput())")
    }
    try client.invite("bob", to: "acme")
    #expect(try client.verify().isIntact)
    // Nor is a copy put under it.
    let copy = "\(folder.path)/copy"
    _ = try client.backup { $0.setPath(copy) }
    for name in ["lock", "data.mdb"] { #expect(unsafe unlink("\(data)/\(name)") == 0) }
    let refusal = #expect(throws: RestorationError.self) {
      _ = try Restoration.restore(copy, into: data) { _, _ in }
    }
    if case .served = try #require(refusal) {} else { Issue.record("\(refusal as Any)") }
    #expect(try daemon.stop() == .exited(0))
  }
}
