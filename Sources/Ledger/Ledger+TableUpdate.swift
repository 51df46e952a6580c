internal import Messages
internal import Tokens

extension Ledger {
  /// Fills the tables that the version which wrote last didn't have, in one transaction: once, or
  /// again after that version was started in between.
  func bringTablesUpToDate() throws(StoreError) {
    let reading = try ReadTransaction(environment)
    var head = try head(in: reading)
    guard head.tablesVersion != Tables.version else { return }
    var transaction = try WriteTransaction(environment)
    try fillTokenEnds(reading, &transaction)
    try fillCounts(reading, &transaction)
    head.tablesVersion = Tables.version
    var encoded = ByteBuffer()
    head.write(into: &encoded)
    let key = Self.headKey
    try transaction.put(tables.meta, key.span, encoded.bytes)
    try transaction.commit()
  }

  private func fillTokenEnds(
    _ reading: borrowing ReadTransaction, _ transaction: inout WriteTransaction
  ) throws(StoreError) {
    try transaction.removeAll(tables.tokenEnds)
    var cursor = try reading.cursor(tables.tokens, from: Span())
    while let row = try cursor.next() {
      guard let id = TokenID(bytes: row.key),
        let end = TokenRecord(id, row.value).endNanoseconds
      else { continue }
      try transaction.put(tables.tokenEnds, Key(end: end, id).bytes, Span())
    }
  }

  private func fillCounts(
    _ reading: borrowing ReadTransaction, _ transaction: inout WriteTransaction
  ) throws(StoreError) {
    try transaction.removeAll(tables.counts)
    var members = try reading.cursor(tables.teamMembers, from: Span())
    while let row = try members.next() {
      let first = Self.separator(in: row.key, from: 0)
      let second = Self.separator(in: row.key, from: first + 1)
      let organization = row.key.extracting(0..<first)
      let team = row.key.extracting((first + 1)..<second)
      let user = row.key.extracting((second + 1)..<row.key.count)
      try Fold.count(Key(membersOf: team, organization), isMore: true, &transaction, tables)
      try Fold.count(Key(teamsOf: user, organization), isMore: true, &transaction, tables)
    }
    var writers = try reading.cursor(tables.writers, from: Span())
    while let row = try writers.next() {
      let first = Self.separator(in: row.key, from: 0)
      let second = Self.separator(in: row.key, from: first + 1)
      let third = Self.separator(in: row.key, from: second + 1)
      let resource = row.key.extracting((first + 1)..<third)
      let organization = row.key.extracting(0..<first)
      try Fold.count(Key(writersOf: resource, organization), isMore: true, &transaction, tables)
    }
  }

  /// Where the next part of a key ends.
  private static func separator(in key: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while key[index] != 0 { index += 1 }
    return index
  }
}
