internal import Identifiers
internal import Ledger
internal import Messages
internal import TestSupport
internal import Testing
internal import Tokens

/// A ledger whose tokens are all revoked at once, since it lacks what was acknowledged.
@Suite struct RevokeAllTests {
  private static let now = LedgerTime(nanoseconds: 1_000_000)
  private static let actor = Actor(
    organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
    processID: 1)
  private static let count = 10_000
  /// What surely finds room in one transaction.
  private static let batch = 50

  private let folder = TemporaryFolder()

  /// An operator that has to free that much of a full disk has freed enough, with long ids too.
  @Test func takesNoMoreThanIsSaid() throws {
    let (used, said) = try fill()
    do {
      let ledger = try Ledger(folder: folder.path, mapSizeBytes: 256 << 20, readers: 4)
      try ledger.beginEpoch(
        losing: .count(1), of: nil, keepsTokens: false, by: Self.actor, at: Self.now)
    }
    do {
      let ledger = try Ledger(folder: folder.path, mapSizeBytes: 256 << 20, readers: 4)
      let taken = ledger.statistics.usedBytes - used
      #expect(taken <= said && taken > said / 2, "\(taken) of \(said)")
    }
    // More entries than are applied in one step.
    let log = try StoredLog(folder: folder.path)
    let (rows, tables) = (try log.rowFault(), try log.strayRow(scratch: folder.path))
    #expect(rows == nil && tables == nil)
  }

  /// Fills a ledger; what it uses, and what it says that revoking all takes.
  private func fill() throws -> (used: Int, said: Int) {
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 256 << 20, readers: 4)
    let organization = Array(String(repeating: "o", count: 128).utf8)
    for batch in 0..<(Self.count / Self.batch) {
      var draft = try ledger.makeDraft(
        at: Self.now, identifiers: try ledger.makeTokenIDGenerator())
      for index in 0..<Self.batch {
        let number = batch * Self.batch + index
        let user = Array("\(1_000_000 + number / 3)".utf8) + [UInt8](repeating: 117, count: 121)
        draft.beginCommand()
        let id = draft.nextTokenID(random: (UInt64(number), 2))
        draft.issueToken(
          id, .user, of: OrganizationID(stored: organization.span),
          user: UserID(stored: user.span), name: Span(), description: Span(), scopes: [],
          secretHash: SHA256.hash(user.span), expiresAtNanoseconds: 1 << 60, by: Self.actor)
      }
      _ = try draft.commit()
    }
    return (ledger.statistics.usedBytes, try ledger.roomToRevokeAll().bytes)
  }
}
