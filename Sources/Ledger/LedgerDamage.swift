internal import Platform
internal import Synchronization

/// The damaged rows of an open ledger, as all threads find them.
package final class LedgerDamage: Sendable {
  private let count = Atomic<UInt64>(0)
  private let rows = Guarded(Rows())

  private struct Rows: Sendable {
    var newest: DamagedRow?
    var known: Set<DamagedRow> = []
    /// The known ones that have not been taken yet.
    var fresh: [DamagedRow] = []
  }

  /// How many damaged rows are kept by name at most.
  private static let maximumKnown = 256

  /// How often one was read.
  package var reads: UInt64 { count.load(ordering: .relaxed) }

  /// One of them; the last.
  package var newest: DamagedRow? { rows.withLock { $0.newest } }

  /// The rows that were found damaged since this was asked last, each once and for ever; of a
  /// ledger with very many not all.
  package func takeFresh() -> [DamagedRow] {
    rows.withLock { rows in
      defer { rows.fresh.removeAll() }
      return rows.fresh
    }
  }

  func note(_ row: DamagedRow) {
    count.add(1, ordering: .relaxed)
    rows.withLock { rows in
      rows.newest = row
      guard rows.known.count < Self.maximumKnown, rows.known.insert(row).inserted else { return }
      rows.fresh.append(row)
    }
  }
}

/// Whether what one thread reads has come upon a damaged row since it was last asked. It counts as
/// absent meanwhile, and an answer that was computed so must not be given.
package final class DamageNote {
  private let ledger: LedgerDamage
  private var row: DamagedRow?
  /// Whether a transaction has come upon a page that can't be read: it reads nothing more until it
  /// is renewed.
  private var isTransactionSpent = false

  init(_ ledger: LedgerDamage) { self.ledger = ledger }

  var isEmpty: Bool { row == nil }

  func note(_ row: DamagedRow) {
    ledger.note(row)
    if row.fault == .unreadable { isTransactionSpent = true }
    if self.row == nil { self.row = row }
  }

  /// Tells of a damaged row on which the answer does not depend.
  func tell(_ row: DamagedRow) { ledger.note(row) }

  /// Whether a transaction has to be renewed before it can read again; once.
  func takeSpentTransaction() -> Bool {
    defer { isTransactionSpent = false }
    return isTransactionSpent
  }

  /// The first damaged row, once.
  package func take() -> DamagedRow? { row.take() }
}
