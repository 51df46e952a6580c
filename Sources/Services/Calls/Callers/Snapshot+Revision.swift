package import Ledger
package import RPC

extension Snapshot {
  /// Refuses to answer from before a revision that the caller has seen, or from another history
  /// than the one it has seen it in; zero is any.
  package func require(atLeast wanted: UInt64, of epoch: UInt64) throws(Status) {
    guard epoch == 0 || epoch == ledgerEpoch else {
      throw Status(
        .failedPrecondition,
        "the ledger is of epoch \(ledgerEpoch), not \(epoch): it was restored, and what was kept "
          + "of it has to be read anew",
        reason: "LEDGER_EPOCH",
        metadata: [("ledger_epoch", "\(ledgerEpoch)"), ("requested_epoch", "\(epoch)")])
    }
    guard wanted > revision else { return }
    throw Status(
      .unavailable, "this daemon is at revision \(revision) and has not reached \(wanted)",
      reason: "REVISION_NOT_REACHED", metadata: [("revision", "\(revision)")],
      retryDelayMilliseconds: 50)
  }
}
