internal import Ledger
internal import Messages
internal import Synchronization
internal import TestSupport
internal import Testing
internal import Tokens

/// The rows of organizations say which revision created each, also in a ledger from before.
@Suite struct OrganizationRowsTests {
  @Test(arguments: 1...3 as ClosedRange<UInt64>) func areMadeAnewFromTheLog(_ seed: UInt64) throws {
    let folder = TemporaryFolder()
    var expected: [[UInt8]] = []
    do {
      let ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
      var history = LedgerHistory(seed: seed)
      var draft = try ledger.makeDraft(
        at: LedgerTime(nanoseconds: 1), identifiers: TokenIDGenerator())
      history.append(600, to: &draft)
      _ = try draft.commit()
      expected = try Self.rows(ledger)
      #expect(expected.count > 1)
    }
    do {
      let environment = try Environment(
        folder: folder.path, mapSizeBytes: 64 << 20, maximumTables: 2, maximumReaders: 8)
      let tables = try environment.openTables(["meta", "organizations"])
      var transaction = try WriteTransaction(environment)
      let keys = try Self.keys(tables[1], transaction)
      // Rows of another form, and the number of the tables that it went with.
      let other: [UInt8] = Array(repeating: 7, count: 16)
      for key in keys { try transaction.put(tables[1], key: key.span, value: other.span) }
      let key = Array("head".utf8)
      let head = headOfOtherTables(try Self.row(tables[0], key, transaction))
      try transaction.put(tables[0], key: key.span, value: head.span)
      try transaction.commit()
    }
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
    #expect(try Self.rows(ledger) == expected)
  }

  private static func keys(
    _ table: Table, _ transaction: borrowing WriteTransaction
  ) throws -> [[UInt8]] {
    var keys: [[UInt8]] = []
    var cursor = try transaction.cursor(table, from: Span())
    while let row = try cursor.next() { keys.append(Array(copying: row.key)) }
    return keys
  }

  private static func row(
    _ table: Table, _ key: [UInt8], _ transaction: borrowing WriteTransaction
  ) throws -> [UInt8] {
    guard let row = try transaction.get(table, key.span) else { return [] }
    return Array(copying: row)
  }

  private static func rows(_ ledger: Ledger) throws -> [[UInt8]] {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    var rows: [[UInt8]] = []
    snapshot.forEachRow(snapshot.tables.organizations, prefix: Span()) { key, row in
      rows.append(Array(copying: key) + [0] + Array(copying: row))
      return true
    }
    return rows
  }
}
