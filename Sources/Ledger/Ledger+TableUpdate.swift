internal import Messages

extension Ledger {
  /// Makes the tables anew from the log where another version wrote last: once, or again after that
  /// version was started in between.
  func bringTablesUpToDate() throws(StoreError) {
    guard try storedTablesVersion() != Tables.version else { return }
    try Self.rebuildTables(tables, in: environment)
  }

  private func storedTablesVersion() throws(StoreError) -> UInt8 {
    let reading = try ReadTransaction(environment)
    return try head(in: reading).tablesVersion
  }

  /// Makes every table that follows from the log anew, in one transaction, and stores an identity
  /// with them if one is given. Takes as long as the log is.
  static func rebuildTables(
    _ tables: Tables, in environment: Environment, identity: LedgerIdentity? = nil
  ) throws(StoreError) {
    let reading = try ReadTransaction(environment)
    var transaction = try WriteTransaction(environment)
    for table in tables.derived { try transaction.removeAll(table) }
    var replay = LogReplay()
    var cursor = try reading.cursor(tables.log, from: Span())
    while let row = try cursor.next() {
      try replay.apply(row.value, appends: false, to: &transaction, tables)
    }
    let key = headKey
    if let row = try reading.get(tables.meta, key.span) {
      let head = try Head(row: row)
      guard replay.head.revision == head.revision, replay.head.hash == head.hash else {
        throw .corrupted("its log does not end where its head says")
      }
      try replay.writeHead(to: &transaction, tables)
    }
    if let identity { try identity.write(to: &transaction, tables.keys) }
    try transaction.commit()
  }
}
