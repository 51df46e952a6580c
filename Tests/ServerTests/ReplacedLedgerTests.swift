internal import Foundation
internal import Glibc
internal import Ledger
internal import Messages
internal import PosternClient
internal import Testing

/// Files of the ledger that go away, or are others, under a daemon that runs.
@Suite struct ReplacedLedgerTests {
  enum Loss: CaseIterable { case removed, replaced, moved }

  private static func move(_ from: String, _ to: String) { #expect(unsafe rename(from, to) == 0) }

  /// Nothing is acknowledged into nothing, and what is known is answered on.
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
    // What it knows can still be saved.
    let saved = "\(folder.path)/saved"
    _ = try client.backup { $0.setPath(saved) }
    #expect(try daemon.stop() == .exited(1))

    switch loss {
    case .removed:
      let process = try Daemon.start([], in: folder)
      #expect(try process.wait() == .exited(1))
      #expect(process.wholeOutput().contains("there is no ledger in"))
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

  /// Whose locks were removed has them all the same.
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
      #expect(second.wholeOutput().contains(data), "\(second.wholeOutput())")
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
