internal import Fleet
internal import Testing

/// A member whose upstream and host are played by a test, line by line.
struct MemberScript {
  static let fleetID = InstanceID(high: 7, low: 7)
  static let second: Int64 = 1_000_000_000
  static let lease = 180 * second

  var member: Member
  var now: Int64 = 0
  /// The actions that were not checked yet, without those about the database's clock.
  var actions: [MemberAction] = []
  var seq: UInt64 = 0
  var fleet = FleetRow(
    id: fleetID, epoch: 1, term: 1, format: 1, leaseNanoseconds: lease, isReady: true)

  init(
    applied: LogPosition = .empty, leaseUntilNanoseconds: Int64? = nil, maximumRows: Int = 4,
    format: UInt32 = 1
  ) {
    member = Member(
      Member.Identity(
        instance: InstanceID(high: 1, low: 1), host: "alpha", format: format, fleet: Self.fleetID),
      settings: Member.Settings(maximumRows: maximumRows), applied: applied,
      leaseUntilNanoseconds: leaseUntilNanoseconds)
    member.start(at: 0)
    take()
  }

  mutating func take() {
    while let action = member.nextAction() {
      if case .clock = action { continue }
      actions.append(action)
    }
  }

  /// Time passes, with ticks whenever the member wants them.
  mutating func wait(_ nanoseconds: Int64) {
    let end = now + nanoseconds
    while let next = member.nextTickNanoseconds, next <= end {
      now = max(now, next)
      member.tick(at: now)
      take()
      if sent(.follow) != nil { break }
    }
    now = end
  }

  /// The request on a lane that is not answered yet.
  func sent(_ lane: Lane) -> UpstreamRequest? {
    actions.lazy.compactMap { action in
      if case .send(let request, on: lane) = action { request } else { nil }
    }.last
  }

  mutating func answer(_ answer: UpstreamAnswer, on lane: Lane = .follow) {
    actions.removeAll { action in
      if case .send(_, on: lane) = action { true } else { false }
    }
    member.receive(answer, on: lane, at: now)
    take()
  }

  /// Answers what was sent to follow, as a log with these rows behind the member's end would.
  mutating func follow(
    _ rows: [LogRow] = [], end: Polled.EndState = .known, isFull: Bool = false,
    members: [MemberRow]? = nil, turns: [InstanceID] = []
  ) {
    takeReport()
    let polled = Polled(
      fleet: fleet, end: end, rows: rows, isFull: isFull,
      headRevision: rows.last?.last ?? member.applied.revision, databaseNanoseconds: 0,
      turns: turns, members: members)
    switch sent(.follow) {
    case .poll: answer(.polled(polled))
    case .renew: answer(.renewed(polled))
    case .join(let row, _):
      seq = row.seq
      answer(.joined(true))
    default: Issue.record("nothing was sent to follow")
    }
  }

  /// Answers a report, if one was sent: a look follows at once.
  mutating func takeReport() {
    if case .report = sent(.follow) { answer(.reported([], [])) }
  }

  /// Joins a log that ends where the member does.
  mutating func join() {
    for _ in 0..<3 { follow() }
  }

  /// A member that has joined an empty log and proposes a row there, which is sent.
  static func proposing(_ row: LogRow) -> MemberScript {
    var script = MemberScript()
    script.join()
    script.member.propose(
      Proposal(id: ProposalID(1), after: .empty, row: row), at: script.now)
    script.take()
    return script
  }

  /// Applies what is to be applied.
  mutating func apply() {
    for case .apply(let rows, let id) in actions {
      actions.removeAll { if case .apply = $0 { true } else { false } }
      guard let last = rows.last else { continue }
      member.applied(last.end, at: now)
      take()
      if let id { actions.append(.decide(id, .stands)) }
      return
    }
    Issue.record("nothing is to be applied")
  }

  /// The ledger takes nothing of what is to be applied.
  mutating func failToApply() {
    actions.removeAll { if case .apply = $0 { true } else { false } }
    member.applyFailed(.unapplied("full"), applied: member.applied, at: now)
    take()
  }

  var lease: Int64? {
    actions.reduce(nil) { if case .lease(let end) = $1 { end } else { $0 } }
  }

  var condition: MemberCondition? {
    actions.reduce(nil) { if case .condition(let new) = $1 { new } else { $0 } }
  }

  var verdict: Verdict? {
    actions.reduce(nil) { if case .decide(_, let verdict) = $1 { verdict } else { $0 } }
  }

  /// Whether it last said that the host may decide.
  var mayDecide: Bool? {
    actions.reduce(nil) { if case .mayDecide(let may) = $1 { may } else { $0 } }
  }

  var raisable: UInt32? {
    actions.reduce(nil) { if case .raise(let format) = $1 { format } else { $0 } }
  }

  /// Answers until the members are read, with these.
  mutating func readMembersAgain(_ members: [MemberRow]) {
    let end = now + Self.lease
    while now < end {
      wait(Self.second)
      if case .renew(_, _, readsMembers: true) = sent(.follow) {
        return follow(members: members)
      }
      if sent(.follow) != nil { follow() }
    }
    Issue.record("the members are not read")
  }

  var isReached: Bool { !reached.isEmpty }

  var reached: [WaiterID] {
    actions.compactMap { if case .reached(let id) = $0 { id } else { nil } }
  }

  var rowsToApply: [LogRow]? {
    actions.reduce(nil) { if case .apply(let rows, _) = $1 { rows } else { $0 } }
  }
}

/// A row of one entry: `branch` tells entries of the same revision apart.
func row(_ revision: UInt64, branch: UInt64 = 0, isReport: Bool = false) -> LogRow {
  LogRow(
    first: revision, end: position(revision, branch: branch), term: 1, isReport: isReport,
    entries: [])
}

func position(_ revision: UInt64, branch: UInt64 = 0) -> LogPosition {
  LogPosition(revision: revision, hash: LogHash(revision, (branch, 0, 0)))
}

func otherMember(seq: UInt64, applied: UInt64, term: UInt64 = 1) -> MemberRow {
  MemberRow(
    instance: InstanceID(high: 2, low: 2), host: "beta", seq: seq, term: term,
    applied: position(applied), format: 1)
}
