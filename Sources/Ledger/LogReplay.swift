internal import Messages

/// Applies the entries of a log to tables, one after another.
struct LogReplay: ~Copyable {
  private(set) var head = Head()
  private var fold = Fold()
  private var arena = Arena(initialBytes: 16 << 10, limits: DecodeLimits(bytes: 64 << 20))

  /// Applies the next entry; with `appends` it goes to the log of the tables too.
  mutating func apply(
    _ encoded: Span<UInt8>, appends: Bool, to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    arena.reset()
    try Self.apply(
      encoded, appends: appends, arena: arena, fold: &fold, head: &head, to: &transaction, tables)
  }

  private static func apply(
    _ encoded: Span<UInt8>, appends: Bool, arena: borrowing Arena, fold: inout Fold,
    head: inout Head, to transaction: inout WriteTransaction, _ tables: Tables
  ) throws(StoreError) {
    guard let entry = try? PosternStorageV1.Entry(decoding: encoded, in: arena) else {
      throw .corrupted("the entry after revision \(head.revision) can't be decoded")
    }
    if appends {
      try transaction.append(tables.log, key: Key(bigEndian: entry.revision).bytes, value: encoded)
    }
    try fold.apply(entry, to: &transaction, tables)
    head.take(entry, encoded)
  }

  /// Stores where the log ends.
  func writeHead(to transaction: inout WriteTransaction, _ tables: Tables) throws(StoreError) {
    var row = ByteBuffer()
    head.write(into: &row)
    let key = Ledger.headKey
    try transaction.put(tables.meta, key: key.span, value: row.bytes)
  }
}
