package import Fleet
internal import Messages
internal import Platform

/// Applies rows of a fleet's log behind the ledger's head, a transaction at a time, so that the
/// writer's thread does other things in between. It is for that thread, between two batches.
///
/// Rows come from outside: nothing of them is taken before it was checked, and what is wrong with
/// one is an outcome and no error. A row is applied whole or not at all, since its entries are
/// those of whole commands. After a crash between two transactions the rest comes again, behind the
/// head by then; after a power cut so does what came since the last checkpoint. Until then nothing
/// is answered: a lease does not outlive the machine's boot.
package struct RowApplication: ~Copyable {
  /// How far it has come.
  package enum Progress: Sendable, Equatable {
    /// More is to be applied.
    case more
    /// It is over.
    case ended(RowOutcome)
  }

  private let rows: [LogRow]
  private var index = 0
  private let readsPolicy: (Span<UInt8>, Span<UInt8>) -> Bool
  private var fold = Fold(marking: nil)
  private var arena: Arena

  /// The entries of one transaction may have this many bytes, and a row more.
  private static let transactionBytes = 4 << 20

  /// Begins with the first of `rows`, which stand one behind another in the log. `readsPolicy` says
  /// whether this version can compile the text of a policy and its base.
  package init(
    _ rows: [LogRow], readsPolicy: @escaping (Span<UInt8>, Span<UInt8>) -> Bool = { _, _ in true }
  ) {
    self.rows = rows
    self.readsPolicy = readsPolicy
    arena = Arena(initialBytes: 16 << 10, limits: EntryFormat.limits)
  }

  /// Applies rows for some time, at least one, and publishes what was applied.
  package mutating func step(on ledger: Ledger, nanoseconds: Int64) -> Progress {
    var count = rows.count - index
    while true {
      let attempt = attempt(on: ledger, maximumRows: count, nanoseconds: nanoseconds)
      switch attempt {
      case .applied(let head, let rowCount):
        index += rowCount
        return index < rows.count ? .more : .ended(.applied(head.position))
      case .ended(let outcome, let rowsBefore):
        // The rows before are good: they are applied without this one.
        guard rowsBefore > 0 else { return .ended(outcome) }
        count = outcome == .full ? 1 : rowsBefore
      }
    }
  }

  private enum Attempt {
    case applied(Head, rowCount: Int)
    /// Nothing was applied, because of the row behind `rowsBefore` others, or for want of room for
    /// all of them.
    case ended(RowOutcome, rowsBefore: Int)
  }

  private mutating func attempt(
    on ledger: Ledger, maximumRows: Int, nanoseconds: Int64
  ) -> Attempt {
    var (count, isAtCommit) = (0, false)
    fold = Fold(marking: ledger.counters)
    do throws(StoreError) {
      _ = try ledger.makeRoom()
      var transaction = try WriteTransaction(ledger.environment, isKeptElsewhere: true)
      let base = try ledger.head(in: transaction)
      guard base.mark == ledger.history.marks.0 else { throw ledger.foreignHistory() }
      var head = base
      let end = Clock.monotonicNanoseconds() + nanoseconds
      var byteCount = 0
      while count < maximumRows {
        let row = rows[index + count]
        if let outcome = try apply(row, to: &transaction, ledger.tables, head: &head) {
          return .ended(outcome, rowsBefore: count)
        }
        count += 1
        byteCount += row.entries.count
        guard byteCount < Self.transactionBytes, Clock.monotonicNanoseconds() < end else { break }
      }
      guard head.revision > base.revision else { return .applied(head, rowCount: count) }
      isAtCommit = true
      try ledger.commit(transaction, at: head, hasChanged: true, marks: fold.marks)
      return .applied(head, rowCount: count)
    } catch {
      // What did not fit together may do so one by one.
      if error == .full { return .ended(.full, rowsBefore: isAtCommit ? count - 1 : count) }
      return .ended(.failed(error), rowsBefore: 0)
    }
  }

  /// Applies a row; nil if it is applied now, or was before.
  private mutating func apply(
    _ row: LogRow, to transaction: inout WriteTransaction, _ tables: Tables, head: inout Head
  ) throws(StoreError) -> RowOutcome? {
    guard row.first > 0, row.last >= row.first else {
      return .damaged(revision: head.revision + 1, "a row ends before it begins")
    }
    guard row.first <= head.revision + 1 else {
      return .damaged(revision: head.revision + 1, "the row of this revision is missing")
    }
    return try Self.apply(
      row, arena: &arena, fold: &fold, readsPolicy: readsPolicy, to: &transaction, tables,
      head: &head)
  }

  private static func apply(
    _ row: LogRow, arena: inout Arena, fold: inout Fold,
    readsPolicy: (Span<UInt8>, Span<UInt8>) -> Bool,
    to transaction: inout WriteTransaction, _ tables: Tables, head: inout Head
  ) throws(StoreError) -> RowOutcome? {
    var chain = RowChain(row)
    var entries = RowEntries(row.entries.span)
    while true {
      let encoded: Span<UInt8>
      do throws(RowEntries.Torn) {
        guard let next = try entries.next() else { break }
        encoded = next
      } catch {
        return .damaged(revision: chain.next, "its row does not consist of entries")
      }
      if chain.next <= head.revision {
        if let outcome = try chain.pass(encoded, in: transaction, of: tables) { return outcome }
        continue
      }
      arena.reset()
      if let outcome = try take(
        encoded, of: &chain, arena: arena, fold: &fold, readsPolicy: readsPolicy,
        to: &transaction, tables, head: &head)
      {
        return outcome
      }
    }
    return try chain.end(in: transaction, of: tables, head: head)
  }

  /// Checks the next entry behind the head and applies it.
  private static func take(
    _ encoded: Span<UInt8>, of chain: inout RowChain, arena: borrowing Arena, fold: inout Fold,
    readsPolicy: (Span<UInt8>, Span<UInt8>) -> Bool, to transaction: inout WriteTransaction,
    _ tables: Tables, head: inout Head
  ) throws(StoreError) -> RowOutcome? {
    let revision = chain.next
    let entry: PosternStorageV1.Entry
    do throws(DecodingError) {
      entry = try PosternStorageV1.Entry(decoding: encoded, in: arena)
    } catch {
      return error.isUnknownField
        ? .unknown(revision: revision, error.problem)
        : .damaged(revision: revision, "the entry can't be decoded: \(error.problem)")
    }
    if let outcome = chain.check(entry, head: head) { return outcome }
    switch EntryShape.check(entry, in: head.format, readsPolicy: readsPolicy) {
    case .good: break
    case .unknown(let sentence): return .unknown(revision: revision, sentence)
    case .wrong(let sentence): return .damaged(revision: revision, sentence)
    }
    try fold.append(entry, encoded, to: &transaction, of: tables, head: &head)
    chain.took()
    return nil
  }
}

/// The outcome of applying rows.
package enum RowOutcome: Sendable, Equatable {
  /// All of them are applied; where the log ends here now.
  case applied(LogPosition)
  /// The fleet's log has another entry at this revision than this ledger, with this hash here. It
  /// is the first that is known to differ.
  case forked(LogPosition)
  /// The row that has this revision is not one of a log: why, as one sentence.
  case damaged(revision: UInt64, String)
  /// The entry holds what this version does not know: what, as one sentence.
  case unknown(revision: UInt64, String)
  /// The ledger has no room for it.
  case full
  /// The ledger can't be written.
  case failed(StoreError)
}
