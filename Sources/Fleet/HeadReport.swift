/// Where the log of a member that can't renew ends, as it last told the fleet's database. It renews
/// nothing, and no decision about the log rests on it: it is for the operator who repairs the
/// fleet.
package struct HeadReport: Sendable, Hashable {
  package var instance: InstanceID
  /// The name of its machine, for people.
  package var host: String
  /// Counts its reports: one that does not move is an old one.
  package var seq: UInt64
  /// The term that it followed last; zero for none since it started.
  package var term: UInt64
  /// What it has applied.
  package var head: LogPosition
  /// Why it can't renew.
  package var trouble: Trouble

  package init(
    instance: InstanceID, host: String, seq: UInt64, term: UInt64, head: LogPosition,
    trouble: Trouble
  ) {
    self.instance = instance
    self.host = host
    self.seq = seq
    self.term = term
    self.head = head
    self.trouble = trouble
  }

  /// What keeps a member from renewing while its database answers.
  package enum Trouble: String, Sendable, Hashable, CaseIterable {
    /// The database lacks what the member has.
    case forgot
    /// The database has another entry than the member.
    case forked
    /// A repair has begun and is not over.
    case repairing
    /// The member can't apply a row, for a reason of its own.
    case unapplied
    /// The log has something that is no row, which no member could apply.
    case damaged
    /// The member does not know what a row holds.
    case format
  }
}

extension FleetProblem {
  /// What a member reports of it; nil where it has nothing to report, or no database to report to.
  package var trouble: HeadReport.Trouble? {
    switch self {
    case .forgot: .forgot
    case .forked: .forked
    case .repairing: .repairing
    case .unapplied: .unapplied
    case .damaged: .damaged
    case .format: .format
    case .database(let refusal): refusal.isUnreadableRow ? .damaged : nil
    case .away, .notReady, .anotherFleet, .removed: nil
    }
  }
}

extension DatabaseRefusal {
  /// The state of a row that does not open with the key of this host: Postern's own word.
  package static let unreadableRow = "PS002"

  /// Whether what stands in the log can't be read here.
  package var isUnreadableRow: Bool { state == Self.unreadableRow }
}
