internal import Fleet
internal import Messages

/// Whether the entries of one row follow upon each other and upon what the ledger has.
struct RowChain: ~Copyable {
  private let row: LogRow
  /// The revision of the next entry.
  private(set) var next: UInt64

  init(_ row: LogRow) {
    self.row = row
    next = row.first
  }

  mutating func took() { next += 1 }

  /// Passes over an entry that the ledger has at this revision, and must have as it is.
  mutating func pass<Source: Transaction & ~Copyable>(
    _ encoded: Span<UInt8>, in transaction: borrowing Source, of tables: Tables
  ) throws(StoreError) -> RowOutcome? {
    guard next <= row.last else { return tooMany }
    let key = Key(bigEndian: next)
    guard let own = try transaction.get(tables.log, key.bytes) else {
      throw .corrupted("the entry of revision \(next) is missing")
    }
    guard own.isEqual(to: encoded) else {
      return .forked(LogPosition(revision: next, hash: LogHash(SHA256.hash(own))))
    }
    next += 1
    return nil
  }

  /// Whether an entry is the one behind the head.
  func check(_ entry: PosternStorageV1.Entry, head: Head) -> RowOutcome? {
    guard next <= row.last else { return tooMany }
    guard entry.revision == next else {
      return .damaged(
        revision: next, "the entry says that it is that of revision \(entry.revision)")
    }
    let follows =
      head.revision == 0 ? entry.previousHash.isEmpty : head.hash.isEqual(to: entry.previousHash)
    guard follows else {
      // Inside of a row nothing of this ledger's own is concerned.
      return next == row.first && head.revision > 0
        ? .forked(head.position)
        : .damaged(revision: next, "the entry doesn't hold the hash of the one before")
    }
    guard entry.timeNanoseconds >= head.timeNanoseconds else {
      return .damaged(revision: next, "the entry is older than the one before")
    }
    return nil
  }

  /// Whether the row ends as it says.
  func end(
    in transaction: borrowing WriteTransaction, of tables: Tables, head: Head
  ) throws(StoreError) -> RowOutcome? {
    guard next == row.last + 1 else {
      return .damaged(revision: next, "its row ends before it")
    }
    var hash = LogHash(head.hash)
    if row.last < head.revision {
      let key = Key(bigEndian: row.last)
      guard let own = try transaction.get(tables.log, key.bytes) else {
        throw .corrupted("the entry of revision \(row.last) is missing")
      }
      hash = LogHash(SHA256.hash(own))
    }
    guard hash == row.end.hash else {
      return .damaged(revision: row.last, "the entry doesn't have the hash of its row")
    }
    return nil
  }

  private var tooMany: RowOutcome {
    .damaged(revision: next, "its row is said to end before it")
  }
}
