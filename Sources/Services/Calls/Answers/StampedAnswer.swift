internal import Ledger
internal import Messages

/// An answer that says at which revision it was computed, and of which epoch that is. All of the
/// package `postern.v1` are.
package protocol StampedAnswer: ~Escapable {
  func setRevision(_ value: UInt64)
  func setLedgerEpoch(_ value: UInt64)
}

extension StampedAnswer where Self: ~Escapable {
  /// Sets both: the one place where answers do.
  func stamp<State: LedgerState & ~Copyable>(_ revision: UInt64, _ state: borrowing State) {
    setRevision(revision)
    setLedgerEpoch(state.ledgerEpoch)
  }
}
