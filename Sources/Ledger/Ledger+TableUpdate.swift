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
    try transaction.removeAll(tables.tokenEnds)
    var cursor = try reading.cursor(tables.tokens, from: Span())
    while let row = try cursor.next() {
      guard let id = TokenID(bytes: row.key),
        let end = TokenRecord(id, row.value).endNanoseconds
      else { continue }
      try transaction.put(tables.tokenEnds, Key(end: end, id).bytes, Span())
    }
    head.tablesVersion = Tables.version
    var encoded = ByteBuffer()
    head.write(into: &encoded)
    let key = Self.headKey
    try transaction.put(tables.meta, key.span, encoded.bytes)
    try transaction.commit()
  }
}
