package import Fleet
internal import Messages

// The log as rows of a fleet's: the first machine of a fleet brings its own there.
extension Ledger {
  /// How long the entries of a row are, or one more than that.
  private static var rowBytes: Int { 100_000 }

  /// The rows behind a revision, each of some 100 KB, in their order; empty for none. They are
  /// together not much longer than `maximumBytes`; one comes in any case.
  package func rows(
    after revision: UInt64, maximumBytes: Int, term: UInt64
  ) throws(StoreError) -> [LogRow] {
    let transaction = try ReadTransaction(environment)
    var cursor = try transaction.cursor(tables.log, from: Key(bigEndian: revision + 1).bytes)
    var rows: [LogRow] = []
    var (byteCount, last) = (0, revision)
    while rows.isEmpty || byteCount < maximumBytes {
      let first = last + 1
      var entries: [UInt8] = []
      var hash = SHA256.Digest()
      while entries.count < Self.rowBytes, let entry = try cursor.next() {
        guard entry.key.isEqual(to: Key(bigEndian: last + 1).bytes) else {
          throw .corrupted("the entry of revision \(last + 1) is missing")
        }
        RowEntries.append(entry.value, to: &entries)
        SHA256.hash(entry.value, into: &hash)
        last += 1
      }
      if entries.isEmpty { break }
      byteCount += entries.count
      rows.append(
        LogRow(
          first: first, end: LogPosition(revision: last, hash: LogHash(hash)), term: term,
          isReport: false, entries: entries))
    }
    return rows
  }

  /// The position at a revision; nil if the log ends before it.
  package func position(at revision: UInt64) throws(StoreError) -> LogPosition? {
    if revision == 0 { return .empty }
    let transaction = try ReadTransaction(environment)
    let key = Key(bigEndian: revision)
    guard let entry = try transaction.get(tables.log, key.bytes) else { return nil }
    return LogPosition(revision: revision, hash: LogHash(SHA256.hash(entry)))
  }

  /// Where a row of a fleet's log differs from this log; nil if it does not, as far as this log
  /// goes. `damaged` for a row that is none.
  package func outcome(comparing row: LogRow) throws(StoreError) -> RowOutcome? {
    let transaction = try ReadTransaction(environment)
    let head = try head(in: transaction)
    var chain = RowChain(row)
    var entries = RowEntries(row.entries.span)
    while chain.next <= min(row.last, head.revision) {
      var next: Span<UInt8>?
      do throws(RowEntries.Torn) { next = try entries.next() } catch {}
      guard let next else {
        return .damaged(revision: chain.next, "its row does not consist of entries")
      }
      if let fork = try chain.pass(next, in: transaction, of: tables) { return fork }
    }
    return nil
  }
}
