package import Ledger
package import RPC

extension Snapshot {
  /// Refuses to answer from before a revision that the caller has seen.
  package func require(atLeast wanted: UInt64) throws(Status) {
    guard wanted > revision else { return }
    throw Status(
      .unavailable, "this daemon is at revision \(revision) and has not reached \(wanted)",
      reason: "REVISION_NOT_REACHED", metadata: [("revision", "\(revision)")],
      retryDelayMilliseconds: 50)
  }
}
