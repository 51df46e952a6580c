internal import Platform
internal import Synchronization

/// Until when the daemon may answer from what it knows of its fleet. The fleet's thread moves it,
/// and every worker looks at it for every call.
///
/// Hazard: the order. The fleet's thread moves it only after the snapshot that it rests on is
/// published. A worker loads the end, then refreshes its snapshot, then reads the clock: with the
/// snapshot first, rows could be applied and the lease renewed in between, and it would answer from
/// before them under the new lease.
final class FleetLease: Sendable {
  let clock: HostClock
  private let end: Atomic<Int64>

  /// Begins with an end that was noted by a process before, in this boot; nil: over.
  init(_ clock: HostClock, untilNanoseconds end: Int64? = nil) {
    self.clock = clock
    self.end = Atomic(end ?? Int64.min)
  }

  /// The end, by `clock`. To be loaded before the snapshot is refreshed.
  var endNanoseconds: Int64 { end.load(ordering: .acquiring) }

  /// Moves the end. Only the fleet's thread may.
  func move(toNanoseconds end: Int64) { self.end.store(end, ordering: .releasing) }
}
