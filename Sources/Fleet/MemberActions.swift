// What a member and its host tell each other: the host tells the member what happened, and then
// does what the member wants, in that order. All times are of the host's own clock in nanoseconds,
// which never stands still and never goes back: see `HostClock`.

/// What a member wants done.
package enum MemberAction: Sendable {
  /// Send this. Its answer comes back by `receive`; until then nothing else is sent on the lane.
  case send(UpstreamRequest, on: Lane)
  /// Apply these rows behind what was applied, let readers see them, and then tell `applied` or
  /// `applyFailed`. Until then nothing else is to be applied. If the first row begins before the
  /// end of what was applied, the host compares the hash of the entry there, and applies the rest.
  /// With a proposal it is that one's row, which stands: once it is applied the host answers the
  /// proposal by itself, and no `decide` follows.
  case apply([LogRow], settling: ProposalID?)
  /// Whether to decide anything: where others append as well, not before its turn. A host with
  /// something to decide meanwhile calls `wantTurn`. A proposal without a turn is tried anyway.
  case mayDecide(Bool)
  /// Answer a proposal.
  case decide(ProposalID, Verdict)
  /// Answers may be given until this time. It may also be earlier than before, or over.
  case lease(untilNanoseconds: Int64)
  /// Every member obeys what a waiter asked about: no call that begins from now on is answered
  /// from before it, anywhere.
  case reached(WaiterID)
  /// What the member does now, for status and log: told once for each change.
  case condition(MemberCondition)
  /// The database's wall clock, and the host's clock between sending and answer when it was read.
  case clock(databaseNanoseconds: Int64, sentNanoseconds: Int64, receivedNanoseconds: Int64)
  /// The fleet, as the database has it: told once for each change, and before any of its rows is
  /// to be applied.
  case fleet(FleetRow)
  /// The fleet's members, as just read.
  case members([MemberRow])
  /// Every member can read this format, which is later than the one in force: it may be raised.
  case raise(to: UInt32)
  /// The fleet's members as just read by one that can't renew, and what others like it report.
  case reported([MemberRow], [HeadReport])
}

/// A number that the host gives a proposal.
package struct ProposalID: Sendable, Hashable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// A number that the host gives a command that waits for the fleet.
package struct WaiterID: Sendable, Hashable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// What the host's writer has decided and wants to stand in the log. One at a time.
package struct Proposal: Sendable {
  package let id: ProposalID
  /// The position that the decisions rest on.
  package let after: LogPosition
  /// What to append. Nil: the decisions append nothing, and are good if the log still ends there.
  package let row: LogRow?
  /// The format that the row raises the fleet's to; nil: it does not. No caller waits for such a
  /// row: the member gives it up unless it is known to stand, and applies it like the row of
  /// another member if it turns up.
  package let raisedFormat: UInt32?
  /// Whether there is more to decide behind it.
  package let hasMore: Bool

  package init(
    id: ProposalID, after: LogPosition, row: LogRow?, raisedFormat: UInt32? = nil,
    hasMore: Bool = false
  ) {
    self.id = id
    self.after = after
    self.row = row
    self.raisedFormat = raisedFormat
    self.hasMore = hasMore
  }
}

/// The outcome of a proposal.
package enum Verdict: Sendable, Hashable {
  /// Its row stands in the log and was applied here; or nothing was to be appended, and the log
  /// still ended there.
  case stands
  /// Another member was first. What it appended was applied here: decide anew.
  case superseded
  /// Nothing was appended, for this reason.
  case refused(FleetProblem)
}

/// Why nothing can be appended, or nothing is known of the fleet.
package enum FleetProblem: Sendable, Hashable {
  /// The database can't be reached or does not answer.
  case away(String)
  /// The database refuses: read-only, full, without rights, or in a term that is over.
  case database(DatabaseRefusal)
  /// There is no fleet in the database yet, or its first log is not whole yet.
  case notReady
  /// A repair has begun and is not over: nothing can be appended or renewed until it is.
  case repairing
  /// The folder belongs to another fleet.
  case anotherFleet(InstanceID)
  /// The database no longer has this revision, which was acknowledged.
  case forgot(LogPosition)
  /// Its log has another entry at this revision.
  case forked(LogPosition)
  /// An entry has a format that this version does not know.
  case format(UInt32)
  /// What stands in the log behind the own end is no row that could be applied: why, as one
  /// sentence.
  case damaged(String)
  /// The host can't apply what the fleet has: its own ledger is full or fails.
  case unapplied(String)
  /// The member's own row was removed while it ran: it joins anew.
  case removed
}

/// What a member does.
package enum MemberCondition: Sendable, Hashable {
  /// It connects, or looks at what the database has.
  case joining
  /// It applies what it has missed, behind so many revisions.
  case catchingUp(UInt64)
  /// It knows of every change within its lease.
  case following
  /// Something is wrong. It answers until its lease ends, and goes on trying.
  case impaired(FleetProblem)
}
