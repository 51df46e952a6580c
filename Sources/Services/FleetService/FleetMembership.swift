package import Fleet
package import Metrics
package import Platform
internal import Synchronization

/// This host as a member of its fleet, with what it knows of that. The thread that follows the
/// fleet writes it; workers, status, health and metrics read it, and none of them waits for that
/// thread.
package final class FleetMembership: Sendable {
  /// This process, as a member.
  package let instance: InstanceID
  /// Until when answers may be given.
  package let lease: FleetLease
  /// What is known of the fleet.
  package let knowledge = Guarded(FleetKnowledge())
  package let metrics = FleetMetrics()
  /// Asks the thread to look for new rows now. Any thread may call it; it does not wait.
  package let demand: @Sendable () -> Void
  /// What takes as long as the database does; for a background thread.
  package let control: any FleetControl
  private let startsAgain = Atomic(false)

  package init(
    instance: InstanceID, lease: FleetLease, control: any FleetControl,
    demand: @escaping @Sendable () -> Void
  ) {
    self.instance = instance
    self.lease = lease
    self.control = control
    self.demand = demand
  }

  /// Whether the daemon ends only to be started again, as something else than it is now. It then
  /// ends with an error, so that its supervisor does that.
  package var isToStartAgain: Bool { startsAgain.load(ordering: .acquiring) }

  /// Ends the daemon as a signal would, to be started again. What was taken is answered before.
  package func startAgain() {
    startsAgain.store(true, ordering: .releasing)
    ProcessControl.terminateSelf()
  }

  /// Whether no answer may be given that rests on what the fleet has: this host can't know whether
  /// it has missed a change.
  package var isStale: Bool { lease.end.remainingNanoseconds <= 0 }
}
