// Following the log: what polls and renewals show, and having it applied.

/// What a member knows of the log.
struct Following: Sendable {
  var applied: LogPosition
  /// Whether a row of the log is known to end at `applied`.
  var hasKnownEnd = false
  /// What is being applied; nil for nothing.
  var applying: [LogRow]?
  var fleet: FleetRow?
  var headRevision: UInt64 = 0
  /// Whether there are more rows than the last answer gave.
  var isBehind = false
  /// What is wrong with the fleet or with applying it.
  var problem: FleetProblem?
  /// The event at which rows could not be applied, if that is the problem.
  var unappliedMoment: UInt64?
  /// The database's own refusal of the last poll.
  var pollRefusal: DatabaseRefusal?
  /// Its refusal of the last renewal or attempt to join.
  var renewalRefusal: DatabaseRefusal?
  /// Why the last request was not answered.
  var failure: String?
  var lastAnswerNanoseconds: Int64 = .min
  var outstanding: Outstanding?
  /// When something was last sent; nil for never.
  var lastSentNanoseconds: Int64?
  /// Nothing is sent before: after a failure.
  var pauseUntilNanoseconds: Int64 = .min
  /// Whether to poll before the interval is over.
  var wantsPoll = false
  /// Whether a poll must show again how things are, before anything else is done.
  var mustLook = true

  init(applied: LogPosition) { self.applied = applied }

  var refusal: DatabaseRefusal? { pollRefusal ?? renewalRefusal }

  /// A lease of this fleet; zero before it is known.
  var leaseNanoseconds: Int64 { fleet?.leaseNanoseconds ?? 0 }
}

extension Member {
  mutating func receiveFollowing(_ answer: UpstreamAnswer) {
    guard let outstanding = following.outstanding else {
      preconditionFailure("an answer without a request")
    }
    following.outstanding = nil
    switch (outstanding.request, answer) {
    case (.report, _): reported(answer)
    case (let request, .doubt(let reason)):
      if case .renew = request { membership.isSeqUncertain = true }
      failed(reason)
    case (_, .unreachable(let reason)): failed(reason)
    case (let request, .refused(let refusal)): refused(request, refusal)
    case (.poll, .polled(let polled)):
      answered()
      followed(polled, outstanding)
    case (.renew(let row, _, _), .renewed(let polled)):
      answered()
      following.renewalRefusal = nil
      renewed(row, polled, asked: outstanding)
    case (.join(let row, _), .joined(let isIn)):
      answered()
      following.renewalRefusal = nil
      joined(row, isIn)
    case (.leave, .done):
      answered()
      membership.state = .left
    default: preconditionFailure("an answer of another kind than the request")
    }
  }

  private mutating func answered() {
    following.lastAnswerNanoseconds = now
    following.failure = nil
    following.pollRefusal = nil
  }

  /// Nothing came back. A poll is next, so that renewals that fail do not stop the following.
  private mutating func failed(_ reason: String) {
    following.failure = reason
    following.mustLook = true
    following.pauseUntilNanoseconds = now + settings.pollNanoseconds
    refuseWhileAway()
  }

  private mutating func refused(_ request: UpstreamRequest, _ refusal: DatabaseRefusal) {
    following.mustLook = true
    following.pauseUntilNanoseconds = now + settings.pollNanoseconds
    // Class 40 is what transactions do to each other.
    guard !refusal.state.hasPrefix("40") else { return }
    if case .poll = request {
      following.pollRefusal = refusal
    } else {
      following.renewalRefusal = refusal
    }
    refuseProposal(.database(refusal))
  }

  /// Takes the answer to a poll, or the part of a renewal's that is one. Whether what it says
  /// counts.
  @discardableResult
  mutating func followed(_ polled: Polled, _ outstanding: Outstanding) -> Bool {
    enqueue(
      .clock(
        databaseNanoseconds: polled.databaseNanoseconds,
        sentNanoseconds: outstanding.sentNanoseconds, receivedNanoseconds: now))
    guard let rows = acceptedRows(polled, outstanding.request.position) else {
      following.mustLook = true
      if let problem = following.problem { refuseProposal(problem) }
      return false
    }
    // What could not be applied stays a problem, unless a later look shows that it is gone.
    let isGone = rows.isEmpty && outstanding.moment >= following.unappliedMoment ?? 0
    if following.unappliedMoment == nil || isGone {
      (following.problem, following.unappliedMoment) = (nil, nil)
    }
    following.mustLook = false
    following.isBehind = polled.isFull
    following.headRevision = polled.headRevision
    if polled.end == .known {
      following.hasKnownEnd = true
      if outstanding.request.position == applied { beginWaitsInTerm() }
    }
    lookedForTurn(polled.turns, outstanding)
    if membership.isIn ? !rules.renewsByCommit : !rules.joinsBeforeServing {
      promiseLease(polled, rows, asked: outstanding)
    }
    looked(rows, outstanding)
    apply(rows)
    return true
  }

  /// The rows to apply; nil, and a problem, if the answer is not about this member's log.
  private mutating func acceptedRows(_ polled: Polled, _ position: LogPosition) -> [LogRow]? {
    guard let fleet = polled.fleet else { return reject(.notReady) }
    guard fleet.id == identity.fleet ?? following.fleet?.id ?? fleet.id else {
      return fleet.isReady ? reject(.anotherFleet(fleet.id)) : reject(.notReady)
    }
    guard fleet.isReady else { return reject(fleet.term > 1 ? .repairing : .notReady) }
    if fleet != following.fleet {
      if fleet.term != following.fleet?.term { membership.leaveTerm() }
      following.fleet = fleet
      enqueue(.fleet(fleet))
    }
    guard !rules.checksFormat || fleet.format <= identity.format else {
      return reject(.format(fleet.format))
    }
    if rules.checksEnd {
      if polled.end == .missing { return reject(.forgot(position)) }
      if polled.end == .differs { return reject(.forked(position)) }
    }
    // The own row may have been applied since the request was sent. An answer that has another in
    // its place is from the past, and so is what follows there: the next one shows more.
    if applied != position, polled.rows.contains(where: { $0.last >= applied.revision }),
      !polled.rows.contains(where: { $0.end == applied })
    {
      return nil
    }
    let rows = polled.rows.filter { $0.last > applied.revision }
    var next = applied.revision + 1
    for row in rows {
      let mayOverlap = next == applied.revision + 1 && polled.end == .inside
      guard row.last >= row.first, row.first == next || mayOverlap && row.first < next else {
        return reject(
          .damaged("the fleet's log gives revision \(row.first) where \(next) was expected"))
      }
      next = row.last + 1
    }
    return rows
  }

  private mutating func reject(_ problem: FleetProblem) -> [LogRow]? {
    (following.problem, following.unappliedMoment) = (problem, nil)
    return nil
  }

  /// Keeps the lease that an answer allows once its rows are applied.
  mutating func promiseLease(
    _ polled: Polled, _ rows: [LogRow], asked outstanding: Outstanding
  ) {
    guard !membership.isLeaving, !(rules.renewsByWholeAnswers && polled.isFull) else { return }
    let start = rules.countsLeaseFromSend ? outstanding.sentNanoseconds : now
    let needed = rows.last?.last ?? applied.revision
    lease.promise(
      untilNanoseconds: start + following.leaseNanoseconds,
      onceApplied: rules.appliesBeforeLease ? needed : 0, at: now)
    grantLease()
  }

  /// Grants what was promised, if it can be.
  private mutating func grantLease() {
    guard lease.grant(applied: applied.revision) else { return }
    membership.isEstablished = true
    tellLease()
  }

  /// Has rows applied. If the own row is being applied, they come again with the next answer.
  private mutating func apply(_ rows: [LogRow]) {
    guard !rows.isEmpty else { return }
    guard following.applying == nil else {
      following.wantsPoll = true
      return
    }
    following.applying = rows
    enqueue(.apply(rows, settling: nil))
  }

  /// Has the own row applied, which was inserted, and its proposal answered.
  mutating func applyOwn(_ row: LogRow, settling id: ProposalID?) {
    precondition(following.applying == nil)
    following.applying = [row]
    appending.isSettling = id != nil
    enqueue(.apply([row], settling: id))
  }

  /// The rows that were to be applied are, and readers see them.
  package mutating func applied(_ position: LogPosition, at now: Int64) {
    note(now)
    guard let rows = following.applying, rows.last?.end == position else {
      preconditionFailure("applied what was not to be applied")
    }
    following.applying = nil
    following.applied = position
    following.hasKnownEnd = true
    if following.unappliedMoment != nil {
      (following.problem, following.unappliedMoment) = (nil, nil)
    }
    following.headRevision = max(following.headRevision, position.revision)
    if rows.contains(where: \.isReport) { membership.wantsRenewal = true }
    if following.isBehind { following.wantsPoll = true }
    grantLease()
    settle(rows)
  }

  /// Rows that were to be applied are not, at least those behind `position`. The rest is tried
  /// again and again; until then the lease runs out.
  package mutating func applyFailed(
    _ problem: FleetProblem, applied position: LogPosition, at now: Int64
  ) {
    note(now)
    guard let rows = following.applying,
      position == following.applied || rows.contains(where: { $0.end == position })
    else { preconditionFailure("failed to apply what was not to be applied") }
    following.applying = nil
    appending.isSettling = false
    if position != following.applied {
      following.applied = position
      following.hasKnownEnd = true
      settle(rows.filter { $0.last <= position.revision })
    }
    (following.problem, following.unappliedMoment) = (problem, moment)
    following.mustLook = true
    following.pauseUntilNanoseconds = now + 10 * settings.pollNanoseconds
    if appending.state == .appended {
      // It stands in the log: to be found there once it can be applied.
      appending.state = .doubtful
      appending.isInDoubt = true
      appending.couldNotApply = true
      appending.moment = moment
    } else {
      refuseProposal(problem)
    }
  }
}

extension UpstreamRequest {
  /// The end of the log that it asks about.
  fileprivate var position: LogPosition {
    switch self {
    case .poll(let after, _): after
    case .renew(let row, _, _): row.applied
    default: .empty
    }
  }
}
