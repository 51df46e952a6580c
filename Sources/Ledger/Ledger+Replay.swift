internal import Messages
internal import Synchronization

extension Ledger {
  /// Appends every entry of `source` to this ledger, which must be empty, in one transaction.
  package func replay(_ source: Ledger) throws(StoreError) {
    let reading = try ReadTransaction(source.environment)
    var transaction = try WriteTransaction(environment)
    var head = Head()
    var fold = Fold()
    var arena = Arena(initialBytes: 16 << 10, limits: DecodeLimits(bytes: 4 << 20))
    var cursor = try reading.cursor(source.tables.log, from: Span())
    while let row = try cursor.next() {
      arena.reset()
      do {
        let entry = try PosternStorageV1.Entry(decoding: row.value, in: arena)
        try Draft.store(entry, row.value, &transaction, tables, &fold, &head)
      } catch let error as StoreError {
        throw error
      } catch {
        throw .corrupted("the entry after revision \(head.revision) can't be decoded")
      }
    }
    var encoded = ByteBuffer()
    head.write(into: &encoded)
    let key = Self.headKey
    try transaction.put(tables.meta, key.span, encoded.bytes)
    try transaction.commit()
    published.store(head.revision, ordering: .releasing)
  }
}
