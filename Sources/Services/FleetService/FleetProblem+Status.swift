package import Fleet
package import RPC

// Every reason for which a fleet refuses, in one place: a code and a sentence for all, and what the
// database said, which may name its host, for operators.

extension FleetProblem {
  /// For programs, as `google.rpc.ErrorInfo` has it.
  package var reason: String {
    switch self {
    case .away: "FLEET_AWAY"
    case .database: "FLEET_REFUSED"
    case .notReady: "FLEET_NOT_READY"
    case .repairing: "FLEET_REPAIRING"
    case .anotherFleet: "FLEET_OTHER"
    case .forgot: "FLEET_FORGOT"
    case .forked: "FLEET_FORKED"
    case .format: "FLEET_FORMAT"
    case .unapplied: "FLEET_UNAPPLIED"
    case .damaged: "FLEET_DAMAGED"
    case .removed: "FLEET_REMOVED"
    }
  }

  /// When a repetition may succeed without a person; nil for never.
  var retryDelayMilliseconds: Int? {
    switch self {
    case .away, .notReady, .removed, .repairing: 1000
    case .database, .unapplied: 5000
    case .anotherFleet, .forgot, .forked, .format, .damaged: nil
    }
  }

  /// One sentence for everyone.
  package var sentence: String {
    switch self {
    case .away: "the fleet's database does not answer"
    case .database: "the fleet's database refuses changes"
    case .notReady: "there is no fleet in the database yet: `postern fleet init` begins one"
    case .repairing:
      "the fleet's log is being repaired: if that takes long, repeat "
        + "`postern fleet repair --append`"
    case .anotherFleet: "the database has another fleet than the ledger"
    case .forgot(let position):
      "the fleet's database no longer has revision \(position.revision), which was acknowledged: "
        + "run `postern fleet repair`, which shows what to do"
    case .forked(let position):
      "the fleet's database has another entry at revision \(position.revision) than the ledger: "
        + "run `postern fleet repair` on this host, which shows what to do"
    case .format(let format):
      "the fleet's log has the format \(format), which this daemon can't read: upgrade it"
    case .unapplied: "the ledger can't take what the fleet has"
    case .damaged:
      "the fleet's log has what can't be applied: run `postern fleet repair`, which shows "
        + "what to do"
    case .removed: "the fleet has forgotten this member, which joins anew"
    }
  }

  /// One sentence for operators.
  package var detail: String {
    switch self {
    case .away(let why): why.isEmpty ? sentence : "\(sentence): \(why)"
    case .database(let refusal): "\(sentence): \(refusal.message) (\(refusal.state))"
    case .anotherFleet(let id): "\(sentence): \(id)"
    case .unapplied(let why): "\(sentence): \(why)"
    case .damaged(let why): "\(sentence) (\(why))"
    case .notReady, .repairing, .forgot, .forked, .format, .removed: sentence
    }
  }
}

extension MemberCondition {
  /// What is wrong; nil: nothing.
  package var problem: FleetProblem? {
    if case .impaired(let problem) = self { problem } else { nil }
  }

  /// One word for metrics and comparisons. It differs for each kind of problem.
  package var word: String {
    switch self {
    case .joining: "joining"
    case .catchingUp: "catching_up"
    case .following: "following"
    case .impaired(let problem): problem.reason
    }
  }

  /// Every such word.
  static let words: [String] =
    ["joining", "catching_up", "following"]
    + [
      FleetProblem.away(""), .database(DatabaseRefusal(state: "", message: "")), .notReady,
      .anotherFleet(InstanceID(high: 0, low: 0)), .forgot(.empty), .forked(.empty), .format(0),
      .unapplied(""), .damaged(""), .repairing, .removed,
    ].map(\.reason)
}

extension Status {
  /// Nothing can be changed for now.
  package static func fleet(_ problem: FleetProblem, isForOperator: Bool = false) -> Status {
    let why = isForOperator ? problem.detail : problem.sentence
    return Status(
      .unavailable, "nothing can be changed: \(why)", reason: problem.reason,
      retryDelayMilliseconds: problem.retryDelayMilliseconds)
  }

  /// The host has not applied what the log has by far, so it can decide nothing.
  package static var fleetBehind: Status {
    Status(
      .unavailable, "nothing can be changed: this host still catches up with its fleet",
      reason: "FLEET_BEHIND", retryDelayMilliseconds: 1000)
  }

  /// A change may stand or not, and nothing tells which at present.
  package static var fleetInDoubt: Status {
    Status(
      .unknown,
      "the fleet's database did not say whether the change stands, which will show once it answers:"
        + " look before the change is repeated",
      reason: "FLEET_IN_DOUBT")
  }

  /// A change was made and stands, and not every host is known to obey it.
  package static var fleetNotReached: Status {
    Status(
      .deadlineExceeded,
      "the change was made and stands, but not every host of the fleet is known to obey it yet",
      reason: "FLEET_NOT_REACHED")
  }

  /// The daemon has no fleet.
  static var noFleet: Status {
    Status(
      .failedPrecondition,
      "this daemon runs without a fleet: start it with `--fleet CONNECTION` first",
      reason: "NO_FLEET")
  }
}

extension HeadReport.Trouble {
  /// For programs, as `google.rpc.ErrorInfo` has it.
  var reason: String {
    switch self {
    case .forgot: FleetProblem.forgot(.empty).reason
    case .forked: FleetProblem.forked(.empty).reason
    case .repairing: FleetProblem.repairing.reason
    case .unapplied: FleetProblem.unapplied("").reason
    case .damaged: FleetProblem.damaged("").reason
    case .format: FleetProblem.format(0).reason
    }
  }
}
