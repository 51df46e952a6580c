/// What is known when an operator wants to give the database back what it has lost, and what
/// follows from it. Without I/O, so that the daemon and the simulation judge alike.
///
/// A hasty repair forks the log again: a silent member may have more than the host that appends, or
/// may still answer from what it has. So either all members were heard since the loss, or enough
/// time has passed that every lease is over.
package struct RepairSituation: Sendable {
  /// Where the log of the host that would append ends.
  package var own: LogPosition
  /// The last revision that the database has.
  package var databaseRevision: UInt64
  /// The first revision at which the two have different entries; nil: one is the beginning of the
  /// other.
  package var firstDifference: UInt64?
  package var leaseNanoseconds: Int64
  /// For how long this host has not been able to renew; zero: it can.
  package var troubleNanoseconds: Int64
  /// Whether this host had read the list of members before it was in trouble.
  package var knowsMembers: Bool
  /// All other members.
  package var voices: [MemberVoice]

  package init(
    own: LogPosition, databaseRevision: UInt64, firstDifference: UInt64?, leaseNanoseconds: Int64,
    troubleNanoseconds: Int64, knowsMembers: Bool, voices: [MemberVoice]
  ) {
    self.own = own
    self.databaseRevision = databaseRevision
    self.firstDifference = firstDifference
    self.leaseNanoseconds = leaseNanoseconds
    self.troubleNanoseconds = troubleNanoseconds
    self.knowsMembers = knowsMembers
    self.voices = voices
  }

  /// What can be done on this host.
  package var verdict: RepairVerdict {
    if let firstDifference { return .differs(firstDifference) }
    if databaseRevision > own.revision { return .behind }
    let longest = voices.filter { $0.trouble != nil }.max { $0.head.revision < $1.head.revision }
    if let longest, longest.head.revision > own.revision { return .longer(longest) }
    if databaseRevision == own.revision { return .whole }
    if let wait { return wait }
    return .append
  }

  /// What has to be waited for before anything is changed; nil for nothing.
  package var wait: RepairVerdict? {
    let unheard = voices.filter { !$0.isHeard }
    let remaining = Lease.surelyOverNanoseconds(leaseNanoseconds) - troubleNanoseconds
    guard remaining > 0, !knowsMembers || !unheard.isEmpty else { return nil }
    return .waits(remainingNanoseconds: remaining, unheard)
  }
}

extension RepairSituation {
  /// Whether the rows behind the own end, which can't be applied here, may be cut off: what has to
  /// be waited for; nil for nothing. A member that renews may still apply them, or have done so.
  package var waitBeforeCut: RepairVerdict? {
    let open = voices.filter { voice in
      !voice.isHeard || voice.trouble != .damaged && voice.trouble != .format
    }
    if open.isEmpty, knowsMembers { return nil }
    let remaining = Lease.surelyOverNanoseconds(leaseNanoseconds) - troubleNanoseconds
    if remaining <= 0, !open.contains(where: \.isHeard) { return nil }
    return .waits(remainingNanoseconds: max(remaining, 0), open)
  }
}

/// What is known of another member.
package struct MemberVoice: Sendable, Hashable {
  package var instance: InstanceID
  /// The name of its machine, for people.
  package var host: String
  /// The term that it followed last.
  package var term: UInt64
  /// Where its log ends, as it last said.
  package var head: LogPosition
  /// Why it can't renew, by its own word; nil: it renewed when it was last heard.
  package var trouble: HeadReport.Trouble?
  /// Whether it was heard since the host that judges is in trouble.
  package var isHeard: Bool

  package init(
    instance: InstanceID, host: String, term: UInt64, head: LogPosition,
    trouble: HeadReport.Trouble?, isHeard: Bool
  ) {
    self.instance = instance
    self.host = host
    self.term = term
    self.head = head
    self.trouble = trouble
    self.isHeard = isHeard
  }
}

/// What can be done on a host about what the database has lost.
package enum RepairVerdict: Sendable, Hashable {
  /// The database has all that is known to exist.
  case whole
  /// This host has what is missing, and may append it now.
  case append
  /// The database has more than this host, which only has to catch up.
  case behind
  /// The two have different entries from this revision on: those of this host are lost.
  case differs(UInt64)
  /// Another member has a longer log: it is to be done there.
  case longer(MemberVoice)
  /// It is too early until the time has passed or these members are heard.
  case waits(remainingNanoseconds: Int64, [MemberVoice])
}
