internal import Messages
internal import Platform

// Entries of the log: each is what was written, or counts as damaged.
//
// SAFETY: an entry lies in the map, whatever key it was found by: its lifetime is that of the
// transaction, not of the key.
extension LedgerState where Self: ~Copyable {
  /// The encoded entry at a revision, and nil behind the end of the log. An entry whose hash the
  /// log does not have is damaged.
  @_lifetime(borrow self)
  package func entry(at revision: UInt64) -> Span<UInt8>? {
    entry(at: revision) { damage.note($0) }
  }

  /// The same for what an answer only adds: damage is told, and the answer is given without it.
  @_lifetime(borrow self)
  package func entryIfWhole(at revision: UInt64) -> Span<UInt8>? {
    entry(at: revision) { damage.tell($0) }
  }

  @_lifetime(borrow self)
  private func entry(
    at revision: UInt64, whereDamaged: (DamagedRow) -> Void
  ) -> Span<UInt8>? {
    guard revision > 0, revision <= head.revision, !isDropped else { return nil }
    let key = Key(bigEndian: revision)
    guard let row = row(tables.log, key.bytes), isWhole(row, at: revision) else {
      whereDamaged(DamagedRow(table: tables.log.index, key: Array(copying: key.bytes), .unchained))
      return nil
    }
    return unsafe _overrideLifetime(row, borrowing: self)
  }

  /// Whether an entry is the one that the next one refers to, or the head.
  private func isWhole(_ entry: Span<UInt8>, at revision: UInt64) -> Bool {
    let hash = SHA256.hash(entry)
    if revision == head.revision { return hash == head.hash }
    let key = Key(bigEndian: revision + 1)
    guard let next = row(tables.log, key.bytes) else { return false }
    var reader = WireReader(next)
    while let field = try? reader.next() {
      if field.number == Self.previousHashField { return hash.isEqual(to: field.bytes) }
    }
    return false
  }

  /// The number of the field `previous_hash` of an entry.
  private static var previousHashField: UInt32 { 4 }
}
