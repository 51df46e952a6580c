internal import Platform
internal import Synchronization

/// The damaged rows of an open ledger, as all threads find them.
package final class LedgerDamage: Sendable {
  private let count = Atomic<UInt64>(0)
  private let last = Guarded<DamagedRow?>(nil)

  /// How often one was read.
  package var reads: UInt64 { count.load(ordering: .relaxed) }

  /// One of them; the last.
  package var newest: DamagedRow? { last.withLock { $0 } }

  func note(_ row: DamagedRow) {
    count.add(1, ordering: .relaxed)
    last.withLock { $0 = row }
  }
}

/// Whether what one thread reads has come upon a damaged row since it was last asked. It counts as
/// absent meanwhile, and nobody may hear of an answer that was computed so.
package final class DamageNote {
  private let ledger: LedgerDamage
  private var row: DamagedRow?

  init(_ ledger: LedgerDamage) { self.ledger = ledger }

  var isEmpty: Bool { row == nil }

  func note(_ row: DamagedRow) {
    ledger.note(row)
    if self.row == nil { self.row = row }
  }

  /// The first damaged row, once.
  package func take() -> DamagedRow? { row.take() }
}
