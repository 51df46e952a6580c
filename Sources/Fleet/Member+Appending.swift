// Appending for the host's writer: one proposal at a time.
//
// A row is inserted only where the log ends at what the writer decided on. It stands once its
// insert is committed and it is applied here. If another member was first, that member's row is
// applied and the writer decides anew. If no answer comes, it is unknown whether the row stands,
// and the row is frozen: while nothing stands behind the head, it is inserted again, which can't do
// harm.

/// The proposal under way.
struct Appending: Sendable {
  var proposal: Proposal?
  var state = State.idle
  /// Whether an attempt may have been carried out, or may be carried out later.
  var isInDoubt = false
  /// Whether another member's row was applied where the own one may stand. A poll has shown it,
  /// which may be wrong: a server that was replaced shows what never became safe.
  var isOvertaken = false
  var outstanding: Outstanding?
  /// The proposal of the insert under way.
  var inserting: ProposalID?
  /// The term of that insert.
  var insertTerm: UInt64 = 0
  /// Whether the host answers the proposal by itself once its row is applied.
  var isSettling = false
  /// Whether the row stood in the log and could not be applied here.
  var couldNotApply = false
  /// Since when a look or a renewal must have been sent.
  var moment: UInt64 = 0
  /// Whether to look at once: another was first, and its row is there.
  var wantsLook = false
  /// Nothing is sent before: after a failure.
  var pauseUntilNanoseconds: Int64 = .min
  /// How often in a row it could not be sent, or was refused for what others did.
  var failures = 0

  enum State: Sendable, Hashable {
    case idle
    /// To be inserted as soon as it can be.
    case ready
    /// Under way.
    case inserting
    /// Committed, and to be applied.
    case appended
    /// The log did not end where it should, or another has the turn: a look shows.
    case conflicting
    /// It may stand in the log: a look shows.
    case doubtful
    /// It must be confirmed by a renewal: nothing was to be appended, or a row in doubt was seen.
    case confirming
  }

  /// Whether a renewal is awaited.
  var waitsForRenewal: Bool { state == .confirming }
}

extension Member {
  /// How often in a row it is sent again.
  private static var patience: Int { 3 }

  /// Whether a poll is awaited.
  var waitsForLook: Bool {
    switch appending.state {
    case .conflicting, .doubtful: true
    case .ready: turn.holder != nil
    case .idle, .inserting, .appended, .confirming: false
    }
  }

  /// Proposes what the writer has decided: `decide` answers it. There is one at a time.
  package mutating func propose(_ proposal: Proposal, at now: Int64) {
    note(now)
    precondition(appending.proposal == nil, "one proposal at a time")
    precondition(proposal.after.revision <= applied.revision, "decided on what is not applied")
    precondition(proposal.row.map { $0.first == proposal.after.revision + 1 } ?? true)
    appending.proposal = proposal
    turn.isIdle = false
    appending.isInDoubt = false
    appending.isOvertaken = false
    appending.couldNotApply = false
    appending.failures = 0
    appending.moment = moment
    appending.state = proposal.row == nil ? .confirming : .ready
    if proposal.after != applied { return decide(.superseded) }
    if proposal.row == nil, !rules.confirmsEmpty { return decide(.stands) }
    if let problem = standingProblem { refuseProposal(problem) }
  }

  /// Why nothing can be appended now.
  private var standingProblem: FleetProblem? {
    following.problem ?? following.refusal.map { .database($0) }
      ?? awayReason.map { .away($0) }
  }

  /// Refuses the proposal, if it surely stands nowhere.
  mutating func refuseProposal(_ problem: FleetProblem) {
    guard appending.proposal != nil, !appending.isInDoubt else { return }
    switch appending.state {
    case .ready, .conflicting, .confirming: decide(.refused(problem))
    case .idle, .inserting, .appended, .doubtful: break
    }
  }

  /// Refuses the proposal once the upstream counts as away.
  mutating func refuseWhileAway() {
    if let reason = awayReason { refuseProposal(.away(reason)) }
  }

  private mutating func decide(_ verdict: Verdict) {
    guard let proposal = appending.proposal else { return }
    conclude(proposal, verdict)
    enqueue(.decide(proposal.id, verdict))
  }

  /// The proposal is answered.
  private mutating func conclude(_ proposal: Proposal, _ verdict: Verdict) {
    appending.proposal = nil
    appending.state = .idle
    appending.isInDoubt = false
    appending.isSettling = false
    if !proposal.hasMore { turn.isIdle = true }
    if proposal.row != nil, verdict == .superseded { noteContention() }
  }

  /// Sends what is to be sent on the lane of appends.
  mutating func planAppending() {
    guard let proposal = appending.proposal, var row = proposal.row, appending.state == .ready,
      appending.outstanding == nil, following.applying == nil, let fleet = following.fleet,
      following.hasKnownEnd, following.problem == nil, !membership.isLeaving,
      turn.holder == nil, now >= appending.pauseUntilNanoseconds
    else { return }
    row.term = fleet.term
    appending.state = .inserting
    appending.inserting = proposal.id
    appending.insertTerm = fleet.term
    turn.end = proposal.raisedFormat == nil ? planEnd(of: proposal) : .passes
    let request: UpstreamRequest =
      if let format = proposal.raisedFormat {
        .raise(row, to: format, after: proposal.after, by: identity.instance)
      } else {
        .insert(row, after: proposal.after, by: identity.instance, turn: turn.end)
      }
    appending.outstanding = send(request, on: .append)
    if !rules.insertsBeforeApplying { applyOwn(row, settling: nil) }
  }

  /// When the lane of appends has something to send; nil for nothing before the next event.
  var nextAppendNanoseconds: Int64? {
    guard appending.state == .ready, appending.outstanding == nil, following.applying == nil,
      following.fleet != nil, following.hasKnownEnd, following.problem == nil,
      !membership.isLeaving, turn.holder == nil
    else { return nil }
    return max(now, appending.pauseUntilNanoseconds)
  }

  mutating func receiveAppending(_ answer: UpstreamAnswer) {
    guard let outstanding = appending.outstanding else {
      preconditionFailure("an answer without a request")
    }
    appending.outstanding = nil
    switch outstanding.request {
    case .takeTurn: return tookTurn(answer)
    case .giveTurn: return gaveTurn()
    default: break
    }
    endTurn(answer)
    // The answer to a proposal that was decided before it came, by what the log showed.
    guard let proposal = appending.proposal, proposal.id == appending.inserting else { return }
    if appending.isOvertaken { return answeredOvertaken(answer) }
    switch answer {
    case .inserted(true): inserted()
    case .inserted(false) where proposal.raisedFormat != nil,
      .doubt where proposal.raisedFormat != nil:
      if appending.state != .confirming { decide(.superseded) }
    case .inserted(false):
      look(.conflicting)
      appending.wantsLook = true
    case .doubt: doubt()
    case .refused(let refusal): refusedInsert(refusal)
    case .unreachable(let reason): failedInsert(.away(reason))
    default: preconditionFailure("an answer of another kind than the request")
    }
  }

  /// The answer to an insert, after another's row was applied. If it was not carried out, it never
  /// will be.
  private mutating func answeredOvertaken(_ answer: UpstreamAnswer) {
    switch answer {
    case .inserted(false), .refused, .unreachable:
      if !appending.isInDoubt { decide(.superseded) }
    default: confirmOvertaken()
    }
  }

  private mutating func look(_ state: Appending.State) {
    if appending.state == .confirming { return }
    appending.state = state
    appending.moment = moment
  }

  private mutating func doubt() {
    guard rules.freezesDoubt else { return decide(.refused(.away("no answer"))) }
    appending.isInDoubt = true
    look(.doubtful)
  }

  /// This attempt changed nothing. An earlier one still may.
  private mutating func refusedInsert(_ refusal: DatabaseRefusal) {
    if refusal.state.hasPrefix("40"), appending.failures < Self.patience {
      return failedInsert(.database(refusal))
    }
    guard !appending.isInDoubt else { return look(.doubtful) }
    appending.state = .ready
    decide(.refused(.database(refusal)))
  }

  private mutating func failedInsert(_ problem: FleetProblem) {
    appending.failures += 1
    appending.pauseUntilNanoseconds = now + settings.pollNanoseconds
    guard !appending.isInDoubt else { return look(.doubtful) }
    appending.state = .ready
    if appending.failures > Self.patience { decide(.refused(problem)) }
  }

  /// The row is committed. It is applied as soon as nothing else is.
  private mutating func inserted() {
    guard appending.state != .confirming, let proposal = appending.proposal else {
      return decide(.stands)
    }
    appending.state = .appended
    applyAppended(proposal)
  }

  private mutating func applyAppended(_ proposal: Proposal) {
    guard let row = proposal.row, following.applying == nil else { return }
    if applied == row.end { return decide(.stands) }
    if applied == proposal.after {
      applyOwn(row, settling: proposal.id)
    } else {
      overtaken()
    }
  }

  /// Rows were applied: sees what it means for the proposal.
  mutating func settle(_ rows: [LogRow]) {
    guard let proposal = appending.proposal else { return }
    // A repair may have given its entries other rows.
    let isOwn = proposal.row.map { own in rows.contains { $0.end == own.end } } ?? false
    // Behind a row that was seen, and only has to be confirmed, others may follow.
    if appending.state == .confirming, proposal.row != nil {
      if isOwn, appending.isOvertaken {
        appending.isOvertaken = false
        appending.moment = moment
      }
      return
    }
    guard isOwn else {
      if applied != proposal.after { overtaken() }
      return
    }
    switch appending.state {
    case .appended where appending.isSettling: conclude(proposal, .stands)
    case .appended: decide(.stands)
    case .idle, .confirming, .ready, .inserting, .conflicting, .doubtful:
      // It may have been seen before it is safe. The answer to its insert may also confirm it.
      guard rules.confirmsDoubt || appending.state == .inserting else { return decide(.stands) }
      appending.state = .confirming
      appending.isInDoubt = true
      appending.isOvertaken = false
      appending.moment = moment
    }
  }

  /// Another's row was applied instead of the own one.
  private mutating func overtaken() {
    guard rules.confirmsDoubt, appending.proposal?.row != nil else { return decide(.superseded) }
    switch appending.state {
    case .inserting where !appending.isInDoubt: appending.isOvertaken = true
    case .inserting, .appended, .doubtful: confirmOvertaken()
    case .idle, .ready, .conflicting, .confirming:
      if appending.isInDoubt { confirmOvertaken() } else { decide(.superseded) }
    }
  }

  /// A renewal has to show that the log has the other's row: then it does not have the own one.
  private mutating func confirmOvertaken() {
    appending.state = .confirming
    appending.isInDoubt = true
    appending.isOvertaken = true
    appending.moment = moment
  }

  /// A look shows these rows behind what is applied.
  mutating func looked(_ rows: [LogRow], _ outstanding: Outstanding) {
    if !rows.isEmpty { return }
    switch appending.state {
    case .conflicting, .doubtful:
      // Nothing stands behind the head: to be inserted again, which does nothing if it does.
      guard outstanding.moment >= appending.moment else { return }
      if wasCut { return decide(.refused(.unapplied("a repair has cut off what was appended"))) }
      appending.state = .ready
    case .confirming where !rules.confirmsEmptyByCommit && appending.proposal?.row == nil:
      if outstanding.moment >= appending.moment { decide(.stands) }
    default: break
    }
  }

  /// Whether the row, which stood in the log and could not be applied, was cut off by a repair: the
  /// log shows a later term and nothing behind the head, and no insert of an earlier term is
  /// carried out any more. It must not be brought back.
  private var wasCut: Bool {
    appending.couldNotApply && following.fleet.map { $0.term > appending.insertTerm } ?? false
  }

  /// A renewal is committed: what it was sent with stands in the log.
  mutating func confirm(_ row: MemberRow, _ polled: Polled, asked outstanding: Outstanding) {
    guard let proposal = appending.proposal, appending.state == .confirming,
      outstanding.moment >= appending.moment
    else { return }
    if let own = proposal.row {
      // Its first entries may have been seen in a row of their own.
      let isNext = polled.isFull || !polled.rows.isEmpty
      if appending.isOvertaken, applied.revision < own.last, isNext { return }
      // The renewal was sent after the row was seen and applied.
      decide(appending.isOvertaken ? .superseded : .stands)
    } else if row.applied == proposal.after, polled.rows.isEmpty, !polled.isFull {
      decide(.stands)
    }
  }
}
