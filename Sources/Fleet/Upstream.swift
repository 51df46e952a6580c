// What a member asks of its upstream and what comes back, without a word of SQL: today the upstream
// is a database, later it may be another member. There are two lanes, so that a slow append holds
// up no poll; on each at most one request is under way.

/// On which of the two connections a request goes.
package enum Lane: Sendable, Hashable, CaseIterable {
  /// Polls, renewals and everything about members.
  case follow
  /// Appends.
  case append
}

/// What a member asks. Each is one statement, and none is sent twice by the sender.
package enum UpstreamRequest: Sendable, Hashable {
  /// Reads the fleet's state, what is known of the own end, and the rows behind it. Without rows
  /// nothing is known of an end inside of one.
  case poll(after: LogPosition, maximumRows: Int)
  /// Enters a member with this row's `seq`, and removes its predecessors on the same host. Only if
  /// the term is the fleet's, the log has a row that ends at what the member has applied, and the
  /// member reads the fleet's format: the fleet's row stays locked until the commit, so that the
  /// format is not raised meanwhile. A row of the same instance is replaced only if its `seq` is
  /// lower, so that a join that is carried out late never takes a `seq` back.
  case join(MemberRow, predecessors: [InstanceID])
  /// Counts the member's `seq` up by one and writes what it has applied: only where its row still
  /// has this `seq` and term, and where the log has a row that ends at what it has applied, in the
  /// fleet's present term. The answer carries the rows behind, as a poll's does, and all members if
  /// they are to be read. It is one statement, so that its commit proves that what was read is not
  /// from the past.
  case renew(MemberRow, maximumRows: Int, readsMembers: Bool)
  /// Appends a row, only if the log ends at `after`, the fleet's term is the row's, and no other
  /// member has the turn. It may end the own turn.
  case insert(LogRow, after: LogPosition, by: InstanceID, turn: TurnEnd = .keeps)
  /// Appends a row behind which entries of a later format may follow, and raises the fleet's format
  /// to it: as above, and only if every member can read that format, those that are silent
  /// included. No member joins meanwhile.
  case raise(LogRow, to: UInt32, after: LogPosition, by: InstanceID)
  /// Queues up for the turn, unless the member is in the queue. The first member in it has the
  /// turn: the others hold off, for so long at most, by the database's clock. A member that is late
  /// then loses its place. The answer says whether the member is first.
  case takeTurn(InstanceID, nanoseconds: Int64)
  /// Leaves the queue.
  case giveTurn(InstanceID)
  /// Reads all members, for people: the answer may be from the past.
  case members
  /// Notes where the log of a member ends that can't renew, if the database has this fleet. It
  /// renews nothing and changes no member's row. The answer has all members and reports.
  case report(HeadReport, fleet: InstanceID)
  /// Reads all members and reports: the answer may be from the past.
  case reports
  /// Removes the own row, and the own report.
  case leave(InstanceID)
  /// Removes another's, and its report, unless its row has another `seq` than this.
  case forget(InstanceID, seq: UInt64)
}

/// What comes back.
package enum UpstreamAnswer: Sendable {
  case polled(Polled)
  /// The member is in. False: the term is not the fleet's any more, the log does not have its end,
  /// it can't read the fleet's format, or its row has a later `seq`.
  case joined(Bool)
  /// The renewal is committed. Nil: no row was changed.
  case renewed(Polled?)
  /// The row is committed. False: the log did not end there, another has the turn, or a member
  /// can't read the format.
  case inserted(Bool)
  case members([MemberRow])
  case reported([MemberRow], [HeadReport])
  /// Rows of the log as they stand there, unopened.
  case rows([LogRow])
  /// Another request is done. False: there was nothing to change.
  case done(Bool)
  /// A definite refusal of this attempt: nothing was changed.
  case refused(DatabaseRefusal)
  /// No answer came, and the request may have been carried out: it may even be carried out later.
  case doubt(String)
  /// It was never sent: there is no connection, for this reason.
  case unreachable(String)
}

/// An error of the upstream's own after which nothing of the request stands.
package struct DatabaseRefusal: Sendable, Hashable {
  /// Five characters, as in the SQL standard.
  package let state: String
  /// One sentence for people, without secrets.
  package let message: String

  package init(state: String, message: String) {
    self.state = state
    self.message = message
  }
}

/// The answer to a poll.
package struct Polled: Sendable {
  /// The fleet's state; nil if there is none in that database.
  package var fleet: FleetRow?
  /// What the log says of the position that was asked about.
  package var end: EndState
  /// The rows that end behind it, in their order. The first may begin at or before it, if a row
  /// with other boundaries was applied in part.
  package var rows: [LogRow]
  /// Whether there may be more rows than these.
  package var isFull: Bool
  /// The last revision that the log has.
  package var headRevision: UInt64
  /// All members, if they were to be read.
  package var members: [MemberRow]?
  /// The database's wall clock while it answered, in nanoseconds since 1970.
  package var databaseNanoseconds: Int64
  /// The queue of those who want to append: the first has the turn. Empty if that one is late.
  package var turns: [InstanceID]
  /// Whether the upstream waits for a second copy before it acknowledges; nil: it doesn't say.
  package var hasSynchronousStandby: Bool?

  package enum EndState: Sendable, Hashable {
    /// A row ends there with this hash, or the position is the empty log's.
    case known
    /// A row ends there with another hash: this member is on a fork.
    case differs
    /// No row ends there, and none of `rows` covers it: the log has forgotten it.
    case missing
    /// The first of `rows` covers it, and the hash of the entry in that row decides.
    case inside
  }

  package init(
    fleet: FleetRow?, end: EndState, rows: [LogRow] = [], isFull: Bool = false,
    headRevision: UInt64, databaseNanoseconds: Int64, turns: [InstanceID] = [],
    members: [MemberRow]? = nil, hasSynchronousStandby: Bool? = nil
  ) {
    self.fleet = fleet
    self.end = end
    self.rows = rows
    self.isFull = isFull
    self.headRevision = headRevision
    self.members = members
    self.databaseNanoseconds = databaseNanoseconds
    self.turns = turns
    self.hasSynchronousStandby = hasSynchronousStandby
  }
}

/// The fleet as its database knows it.
package struct FleetRow: Sendable, Hashable {
  /// Random; the id of the ledger that began the fleet.
  package var id: InstanceID
  /// The ledger's epoch.
  package var epoch: UInt64
  /// Counts up with each repair; rows and members of an earlier term are not the fleet's any more.
  package var term: UInt64
  /// The newest format of entries that may be written.
  package var format: UInt32
  /// How long an answer may be out of date. It never changes while the fleet exists.
  package var leaseNanoseconds: Int64
  /// Whether the first log was uploaded whole.
  package var isReady: Bool

  package init(
    id: InstanceID, epoch: UInt64, term: UInt64, format: UInt32, leaseNanoseconds: Int64,
    isReady: Bool
  ) {
    self.id = id
    self.epoch = epoch
    self.term = term
    self.format = format
    self.leaseNanoseconds = leaseNanoseconds
    self.isReady = isReady
  }
}

/// A member as the database knows it.
package struct MemberRow: Sendable, Hashable {
  package var instance: InstanceID
  /// The name of its machine, for people.
  package var host: String
  /// Counts its renewals. An instance never has the same `seq` twice: each time that it joins, it
  /// begins at a higher one.
  package var seq: UInt64
  /// The term that it follows.
  package var term: UInt64
  /// What it has applied and lets its readers see.
  package var applied: LogPosition
  /// The newest format of entries that it can read.
  package var format: UInt32

  package init(
    instance: InstanceID, host: String, seq: UInt64, term: UInt64, applied: LogPosition,
    format: UInt32
  ) {
    self.instance = instance
    self.host = host
    self.seq = seq
    self.term = term
    self.applied = applied
    self.format = format
  }
}
