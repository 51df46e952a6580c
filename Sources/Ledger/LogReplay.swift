internal import Messages
internal import Synchronization

/// Applies the entries of a log to tables, one after another.
struct LogReplay: ~Copyable {
  private(set) var head = Head()
  private var fold = Fold(marking: nil)
  private var arena = Arena(initialBytes: 16 << 10, limits: EntryFormat.limits)

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
    let entry: PosternStorageV1.Entry
    do throws(DecodingError) {
      entry = try PosternStorageV1.Entry(decoding: encoded, in: arena)
    } catch {
      guard error.isUnknownField else {
        throw .corrupted("the entry after revision \(head.revision) can't be decoded")
      }
      throw .tooNew("revision \(head.revision + 1) of its log holds what this version can't read")
    }
    if let raised = entry.formatRaised, raised.format > EntryFormat.newest {
      throw .tooNew(
        "from revision \(entry.revision) on its log has the format \(raised.format), and this "
          + "version reads \(EntryFormat.newest)")
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
    head.encode(into: &row)
    let key = Ledger.headKey
    try transaction.put(tables.meta, key: key.span, value: row.bytes)
  }
}

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
    publish(replay.head)
  }
}

extension Ledger {
  /// Makes the tables anew from the log where another version wrote last: once, or again after that
  /// version was started in between.
  func bringTablesUpToDate() throws(StoreError) {
    try requireFormat()
    guard try storedTablesVersion() != Tables.version else { return }
    try Self.rebuildTables(tables, in: environment)
  }

  /// Refuses a log of which this version can't read all.
  private func requireFormat() throws(StoreError) {
    let format = try head(in: try ReadTransaction(environment)).format
    guard format <= EntryFormat.newest else {
      throw .tooNew(
        "its log has the format \(format), and this version reads \(EntryFormat.newest)")
    }
  }

  private func storedTablesVersion() throws(StoreError) -> UInt8 {
    let reading = try ReadTransaction(environment)
    return try head(in: reading).tablesVersion
  }

  /// Makes every table that follows from the log anew, in one transaction. Takes as long as the log
  /// is. Only for tables that are what another version has written, see `TableRebuild`.
  private static func rebuildTables(
    _ tables: Tables, in environment: Environment
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
    try transaction.commit()
  }
}
