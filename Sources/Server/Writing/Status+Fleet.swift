internal import Fleet
internal import RPC

extension Status {
  /// Refuses a command of which the fleet's log has nothing. A repetition may succeed where it says
  /// when to try again.
  init(_ problem: FleetProblem) {
    let (reason, sentence, delay): (String, String, Int?) =
      switch problem {
      case .away(let why): ("FLEET_AWAY", "the fleet's database can't be reached: \(why)", 1000)
      case .database(let refusal):
        (
          "FLEET_REFUSED", "the fleet's database refuses: \(refusal.message) (\(refusal.state))",
          5000
        )
      case .notReady: ("FLEET_NOT_READY", "the fleet's first log is not in its database yet", 1000)
      case .anotherFleet(let id):
        ("FLEET_OTHER", "the ledger belongs to the fleet \(id), and the database to another", nil)
      case .forgot(let position):
        (
          "FLEET_FORGOT",
          "the fleet's database has lost acknowledged changes: it does not have revision "
            + "\(position.revision)", nil
        )
      case .forked(let position):
        (
          "FLEET_FORKED",
          "the fleet's database has another change at revision \(position.revision) than this host",
          nil
        )
      case .format(let format):
        (
          "FLEET_FORMAT",
          "the fleet's log has changes of format \(format), which this version does not know: "
            + "upgrade this host", nil
        )
      case .unapplied(let why):
        ("FLEET_UNAPPLIED", "this host can't take over the fleet's log: \(why)", 5000)
      case .removed: ("FLEET_REMOVED", "this host was removed from its fleet and joins anew", 1000)
      }
    self.init(
      .unavailable, sentence + "; nothing was changed", reason: reason,
      retryDelayMilliseconds: delay)
  }
}
