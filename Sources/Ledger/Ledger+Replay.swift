internal import Messages
internal import Synchronization

extension Ledger {
  /// Appends every entry of `source` to this ledger, which must be empty, in one transaction.
  package func replay(_ source: Ledger) throws(StoreError) {
    let reading = try ReadTransaction(source.environment)
    var transaction = try WriteTransaction(environment)
    var replay = LogReplay()
    var cursor = try reading.cursor(source.tables.log, from: Span())
    while let row = try cursor.next() {
      try replay.apply(row.value, appends: true, to: &transaction, tables)
    }
    try replay.writeHead(to: &transaction, tables)
    try transaction.commit()
    published.store(replay.head.revision, ordering: .releasing)
  }
}
