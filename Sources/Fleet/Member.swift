/// A member of a fleet, without I/O and without a clock: it is told what happened and when, and it
/// says what is to be done. The daemon and the simulation run the same code.
///
/// It follows the log: it polls, has the rows applied, and renews its lease. It appends for its
/// host's writer: a row is inserted where the log ends, and is applied as any other row is. It
/// waits for other members: until all have applied a revision or can't answer any more.
///
/// What is known only by hearsay moves nothing that matters. A plain poll may be answered by a
/// server that was replaced and does not know it, and a request whose connection was lost may be
/// carried out later. So leases, decisions that append nothing, and reads of the members rest on
/// renewals alone, which prove by their commit that they were answered by the present; and a row in
/// doubt stays frozen until the log shows whether it stands.
///
/// The owner calls one of the functions with a time, and then does what `nextAction` returns until
/// it returns nil. Times never go back. Misuse of these functions is a bug and traps. Whatever the
/// upstream does wrong becomes a condition, and the member goes on trying.
package struct Member: Sendable {
  package let identity: Identity
  package let settings: Settings
  /// Tests switch one off.
  package var rules = MemberRules()

  /// The time of the last event. A request is sent at this time or later.
  var now: Int64 = .min
  /// Counts the events, to tell what was sent after what.
  var moment: UInt64 = 0
  var actions: [MemberAction] = []
  var nextActionIndex = 0

  var following: Following
  var membership = Membership()
  var appending = Appending()
  var turn = Turn()
  var waiting = Waiting()
  var reporting = Reporting()
  package internal(set) var lease: Lease
  var told: MemberCondition?

  /// A member whose host's ledger holds `applied`. An earlier process on this ledger may have left
  /// the end of its lease, if the machine was not started since.
  package init(
    _ identity: Identity, settings: Settings, applied: LogPosition,
    leaseUntilNanoseconds: Int64? = nil
  ) {
    precondition(settings.pollNanoseconds > 0 && settings.maximumRows > 0)
    self.identity = identity
    self.settings = settings
    following = Following(applied: applied)
    lease = Lease(endNanoseconds: leaseUntilNanoseconds)
  }

  /// The identity of a member.
  package struct Identity: Sendable {
    package var instance: InstanceID
    /// The name of its machine, for people.
    package var host: String
    /// The newest format of entries that it can read.
    package var format: UInt32
    /// The fleet that its ledger belongs to; nil for one that belongs to none yet.
    package var fleet: InstanceID?
    /// Earlier processes on the same ledger that may still be listed.
    package var predecessors: [InstanceID]

    package init(
      instance: InstanceID, host: String, format: UInt32, fleet: InstanceID?,
      predecessors: [InstanceID] = []
    ) {
      self.instance = instance
      self.host = host
      self.format = format
      self.fleet = fleet
      self.predecessors = predecessors
    }
  }

  /// How often it asks and for how much.
  package struct Settings: Sendable {
    package var pollNanoseconds: Int64
    /// The most rows of one answer.
    package var maximumRows: Int

    package init(pollNanoseconds: Int64 = 100_000_000, maximumRows: Int = 512) {
      self.pollNanoseconds = pollNanoseconds
      self.maximumRows = maximumRows
    }
  }

  /// What the host has applied.
  package var applied: LogPosition { following.applied }

  /// The fleet as last read; nil before.
  package var fleet: FleetRow? { following.fleet }

  /// How far the log was ahead when it was last read.
  package var lagRevisions: UInt64 {
    following.headRevision > applied.revision ? following.headRevision - applied.revision : 0
  }

  /// Whether `leave` is done: the host may end.
  package var hasLeft: Bool { membership.state == .left }

  /// Begins.
  package mutating func start(at now: Int64) {
    precondition(moment == 0, "started twice")
    note(now)
    following.lastAnswerNanoseconds = now
    tellLease()
  }

  /// Takes an answer to what was sent on a lane.
  package mutating func receive(_ answer: UpstreamAnswer, on lane: Lane, at now: Int64) {
    note(now)
    switch lane {
    case .follow: receiveFollowing(answer)
    case .append: receiveAppending(answer)
    }
  }

  /// Time has passed: to be called at `nextTickNanoseconds` at the latest.
  package mutating func tick(at now: Int64) {
    note(now)
    endWaits()
    refuseWhileAway()
  }

  /// A query asks for a revision that is not here yet: looks for it at once.
  package mutating func demand(at now: Int64) {
    note(now)
    following.wantsPoll = true
  }

  /// A member below this one waits for a proof of how new this one's knowledge is, or has applied
  /// what was still to be reported for it: renews at once.
  package mutating func demandRenewal(at now: Int64) {
    note(now)
    membership.wantsRenewal = true
  }

  /// Gives the lease up and removes the own row: the host has stopped answering.
  package mutating func leave(at now: Int64) {
    note(now)
    membership.isLeaving = true
    lease.end()
    tellLease()
  }

  /// The next thing to do; nil if there is nothing before the next event.
  package mutating func nextAction() -> MemberAction? {
    if nextActionIndex == actions.count {
      actions.removeAll(keepingCapacity: true)
      nextActionIndex = 0
      if moment > 0 { plan() }
    }
    guard nextActionIndex < actions.count else { return nil }
    nextActionIndex += 1
    return actions[nextActionIndex - 1]
  }

  /// Every event passes here first.
  mutating func note(_ now: Int64) {
    precondition(now >= self.now, "time went back")
    self.now = now
    moment += 1
  }

  mutating func enqueue(_ action: MemberAction) { actions.append(action) }

  mutating func tellLease() { enqueue(.lease(untilNanoseconds: lease.endNanoseconds)) }
}

/// A request without an answer yet.
struct Outstanding: Sendable {
  let request: UpstreamRequest
  let sentNanoseconds: Int64
  /// The event after which it was sent: it was sent after each event up to this one.
  let moment: UInt64
}
