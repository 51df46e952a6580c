internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Hosts that join with a ledger: a backup, the beginning of the fleet's log, or another log.
@Suite struct FleetRestoreTests {
  /// A folder with a copy that `postern restore` has put there.
  private func restore(_ copy: String) throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    let restore = try ChildProcess(
      Daemon.program("postern"), ["restore", copy, "--data", "\(folder.path)/data"])
    #expect(try restore.wait() == .exited(0))
    return folder
  }

  private func back(_ daemon: Daemon, to name: String) throws -> String {
    let path = "\(daemon.folder.path)/\(name)"
    _ = try daemon.client().backup { $0.setPath(path) }
    return path
  }

  private func hash(_ daemon: Daemon, _ revision: UInt64) throws -> [UInt8] {
    let client = try daemon.client()
    let answer = try client.verifyLog {
      $0.setFromRevision(revision)
      $0.setToRevision(revision)
    }
    return [UInt8](copying: answer.message.verifiedHash)
  }

  @Test func aBackupOfAMemberCatchesUp() throws {
    let world = try FleetWorld()
    let first = try world.start("a")
    try world.begin(with: first)
    let client = try first.client()
    let kept = try client.issueToken(for: "alice", of: "acme")
    let revoked = try client.issueToken(for: "alice", of: "acme")
    let copy = try back(first, to: "backup")
    _ = try client.revokeToken { $0.setTokenID(revoked.id) }
    let late = try client.issueToken(for: "alice", of: "acme")
    let revision = try client.revision()
    let folder = try restore(copy)
    let second = try world.start("b", folder: folder)
    let there = try second.client()
    try wait(for: "the rest of the log") { try there.revision() >= revision }
    try wait(for: "an answer") { (try? there.isActive(kept.secret)) == true }
    #expect(try there.isActive(late.secret))
    #expect(try !there.isActive(revoked.secret))
    #expect(
      try there.getStatus { _ in }.message.ledgerEpoch
        == client.getStatus { _ in }.message.ledgerEpoch)
    #expect(try hash(second, revision) == hash(first, revision))
    // It is a member like any other.
    _ = try there.issueToken(for: "alice", of: "acme")
    #expect(try there.verify().isIntact)
    #expect(try second.stop() == .exited(0))
    #expect(try first.stop() == .exited(0))
  }

  /// The first host's log is uploaded in large rows: what was copied before ends inside of one.
  @Test func aCopyThatEndsInsideOfARowCatchesUp() throws {
    let world = try FleetWorld()
    let folder = TemporaryFolder()
    let alone = try Daemon(folder: folder)
    let before = try alone.client()
    try before.createOrganization("acme", administrator: "alice")
    let copy = try back(alone, to: "backup")
    for user in 0..<20 { try before.invite("user-\(user)", to: "acme") }
    #expect(try alone.stop() == .exited(0))
    let first = try world.start("a", folder: folder)
    let client = try first.client()
    _ = try client.initializeFleet { _ in }
    let second = try world.start("b", folder: try restore(copy))
    let there = try second.client()
    try wait(for: "the rest of the row") {
      (try? there.getUser {
        $0.setOrganizationID("acme")
        $0.setUserID("user-19")
      }) != nil
    }
    let revision = try there.revision()
    #expect(try hash(second, revision) == hash(first, revision))
    #expect(try second.stop() == .exited(0))
    #expect(try first.stop() == .exited(0))
  }

  @Test func anotherLogIsRefusedWithWhereItDiffers() throws {
    let world = try FleetWorld()
    let first = try world.start("a")
    try world.begin(with: first)
    let client = try first.client()
    _ = try client.issueToken(for: "alice", of: "acme")
    let copy = try back(first, to: "backup")
    let shared = try client.revision()
    _ = try client.issueToken(for: "alice", of: "acme")
    // It went on by itself behind the copy.
    let folder = try restore(copy)
    let alone = try Daemon(folder: folder)
    try alone.client().invite("zoe", to: "acme")
    #expect(try alone.stop() == .exited(0))
    let refused = try Daemon.start(["--fleet", world.string], in: folder)
    #expect(try refused.wait() != .exited(0))
    let words = refused.wholeOutput()
    #expect(words.contains("from revision \(shared + 1) on it has other changes"), "\(words)")
    // And one that never had anything in common.
    let other = TemporaryFolder()
    let stranger = try Daemon(folder: other)
    try stranger.client().createOrganization("other", administrator: "bob")
    #expect(try stranger.stop() == .exited(0))
    let unknown = try Daemon.start(["--fleet", world.string], in: other)
    #expect(try unknown.wait() != .exited(0))
    #expect(unknown.wholeOutput().contains("from revision 1 on it has other changes"))
    #expect(try first.stop() == .exited(0))
  }
}
