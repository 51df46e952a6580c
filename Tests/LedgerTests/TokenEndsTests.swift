internal import Ledger
internal import Messages
internal import Synchronization
internal import TestSupport
internal import Testing
internal import Tokens

/// The table of tokens by their end, which the fold keeps beside the tokens.
@Suite struct TokenEndsTests {
  /// After any history each token that ends is in the table, under its end, and nothing else is.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func followsTheTokens(_ seed: UInt64) throws {
    let folder = TemporaryFolder()
    let ledger = try Self.filled(folder, seed: seed)
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    #expect(Self.ends(snapshot) == Self.expectedEnds(snapshot))
    #expect(snapshot.rowCount(snapshot.tables.tokenEnds) > 5)
    // An org token that isn't revoked holds its name, unless another has it.
    snapshot.forEachRow(snapshot.tables.orgTokenNames, prefix: Span()) { _, value in
      let id = TokenID(bytes: value)
      let isRevoked = id.flatMap { snapshot.token($0)?.isRevoked }
      #expect(isRevoked == false, "a name leads to a token that is revoked or gone")
      return true
    }
  }

  /// A ledger of a version without the table gets it when it is opened, and again after that
  /// version wrote in between.
  @Test func isMadeForAnOlderLedger() throws {
    let folder = TemporaryFolder()
    var expected: [[UInt8]] = []
    do {
      let ledger = try Self.filled(folder, seed: 5)
      var snapshot = try ledger.makeSnapshot()
      try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
      expected = Self.ends(snapshot)
    }
    let staleRow = Array("a stale row, 24 bytes...".utf8)
    for isStale in [false, true] {
      do {
        let environment = try Environment(
          folder: folder.path, mapSizeBytes: 64 << 20, maximumTables: 2, maximumReaders: 8)
        let tables = try environment.openTables(["meta", "token_ends"])
        var transaction = try WriteTransaction(environment)
        try transaction.removeAll(tables[1])
        if isStale { try transaction.put(tables[1], key: staleRow.span, value: Span()) }
        let key = Array("head".utf8)
        let head = headOfOtherTables(try Self.row(tables[0], key, transaction))
        try transaction.put(tables[0], key: key.span, value: head.span)
        try transaction.commit()
      }
      let ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
      var snapshot = try ledger.makeSnapshot()
      try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
      #expect(Self.ends(snapshot) == expected)
      #expect(snapshot.revision > 0)
    }
  }

  @Test func givesTheOldestEndsFirst() throws {
    let folder = TemporaryFolder()
    let ledger = try Self.filled(folder, seed: 6)
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    var found: [Int64] = []
    snapshot.forEachToken(endedBefore: .max) { id in
      found.append(snapshot.token(id)?.endNanoseconds ?? 0)
      return true
    }
    #expect(found.count > 5)
    #expect(found == found.sorted())
    let middle = found[found.count / 2]
    var before = 0
    snapshot.forEachToken(endedBefore: middle) { _ in
      before += 1
      return true
    }
    #expect(before == found.count { $0 < middle })
  }

  private static func filled(_ folder: TemporaryFolder, seed: UInt64) throws -> Ledger {
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
    var history = LedgerHistory(seed: seed)
    var generator = TokenIDGenerator()
    for batch in 0..<40 {
      var draft = try ledger.makeDraft(
        at: LedgerTime(nanoseconds: 1_000_000_000 * Int64(batch)), identifiers: generator)
      history.append(30, to: &draft)
      generator = try draft.commit()
    }
    return ledger
  }

  private static func row(
    _ table: Table, _ key: [UInt8], _ transaction: borrowing WriteTransaction
  ) throws -> [UInt8] {
    guard let row = try transaction.get(table, key.span) else { return [] }
    return Array(copying: row)
  }

  private static func ends(_ snapshot: borrowing Snapshot) -> [[UInt8]] {
    var rows: [[UInt8]] = []
    snapshot.forEachRow(snapshot.tables.tokenEnds, prefix: Span()) { key, _ in
      rows.append(Array(copying: key))
      return true
    }
    return rows
  }

  private static func expectedEnds(_ snapshot: borrowing Snapshot) -> [[UInt8]] {
    var rows: [[UInt8]] = []
    snapshot.forEachRow(snapshot.tables.tokens, prefix: Span()) { key, _ in
      guard let id = TokenID(bytes: key), let end = snapshot.token(id)?.endNanoseconds else {
        return true
      }
      let bytes = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: end >> $0) }
      rows.append(bytes + Array(copying: key))
      return true
    }
    return rows.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
