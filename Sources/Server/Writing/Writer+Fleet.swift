// What the writer does in a fleet. A draft ends as a proposal: its transaction is set aside, and
// committed once the fleet's log has its row. If anything else was written meanwhile, the
// transaction is gone, and the row is applied as those of other members are.
//
// While a proposal is out, no other draft begins; usage is written, rows of other members are
// applied, and messages are answered. Rows come before the verdict that rests on them.

internal import EventLoop
internal import Fleet
internal import Ledger
internal import Messages
internal import Platform
internal import RPC
internal import Services

/// What the writer of a fleet knows beside its ledger. Belongs to the writer's thread.
final class WriterFleet {
  /// A draft that was proposed.
  struct Pending {
    let id: ProposalID
    let accepted: ClockReading?
    let begunNanoseconds: Int64
    /// What it has changed, if nothing else was written since.
    let applied: ProposedDraft?
    let settle: (DraftEnd) -> Void
    /// Tells the callers once that the outcome is still unknown.
    var tellDoubt: (() -> Void)?
  }

  let link: FleetLink
  var waiters: FleetWaiters?
  var pending: Pending?
  /// What is wrong with the fleet; nil: nothing.
  var problem: FleetProblem?
  var lastProposal: UInt64 = 0
  /// The rows that are applied, a step after another.
  var application: RowApplication?
  /// The proposal that they settle.
  var settling: ProposalID?
  /// Whether no draft may begin before it is this host's turn, and the driver was told that
  /// one is to begin.
  var isHeldOff = false
  var hasAskedForTurn = false
  /// The entry that this version can't read.
  var unknownRevision: UInt64?
  /// Whether the log has more than this host has been told of yet.
  var isBehind = false
  /// The newest format that every member can read, as far as is known.
  var commonFormat: UInt32 = 0

  init(_ link: FleetLink) {
    self.link = link
  }
}

extension Writer {
  /// How long a step of applying rows takes, if commands wait and if none does.
  private static var stepNanoseconds: (short: Int64, long: Int64) { (5_000_000, 50_000_000) }

  /// Whether a draft would most likely be decided in vain.
  var isHeldOff: Bool { fleet?.isHeldOff ?? false }

  /// Whether anything is to be decided.
  var hasWork: Bool { !queue.isEmpty || !dueUpkeep.isEmpty }

  private func beHeldOff(_ isHeldOff: Bool, of fleet: WriterFleet) {
    (fleet.isHeldOff, fleet.hasAskedForTurn) = (isHeldOff, false)
    if isHeldOff { refuseUndecidable() } else if !hasWork { fleet.link.mailbox.post(.idle) }
  }

  /// Says that a draft is to begin, once.
  func askForTurn() {
    guard let fleet, fleet.isHeldOff, !fleet.hasAskedForTurn, hasWork else { return }
    fleet.hasAskedForTurn = true
    fleet.link.mailbox.post(.wantTurn)
  }

  /// Proposes a draft to the fleet; see `end`.
  func propose(
    _ draft: consuming Draft, to fleet: WriterFleet, isReport: Bool, raisedFormat: UInt32?,
    tellDoubt: (() -> Void)?, settle: @escaping (DraftEnd) -> Void
  ) {
    do {
      let proposal = try draft.propose(isReport: isReport)
      identifiers = proposal.identifiers
      fleet.lastProposal += 1
      let id = ProposalID(fleet.lastProposal)
      fleet.pending = WriterFleet.Pending(
        id: id, accepted: proposal.accepted, begunNanoseconds: loop.now,
        applied: proposal.applied, settle: settle, tellDoubt: tellDoubt)
      fleet.link.mailbox.post(
        .propose(
          Proposal(
            id: id, after: proposal.after, row: proposal.row, raisedFormat: raisedFormat,
            hasMore: hasWork)))
    } catch {
      settle(.failed(error))
    }
  }

  /// Does what the driver of the member says.
  func obey(_ order: FleetOrder) {
    guard let fleet else { preconditionFailure("an order without a fleet") }
    switch order {
    case .apply(let rows, let id):
      precondition(fleet.application == nil, "rows are to be applied while others are")
      fleet.settling = id
      if commitProposed(rows, of: fleet) { return }
      fleet.application = RowApplication(rows, readsPolicy: Self.readsPolicy)
      applySome()
    case .mayDecide(let may): beHeldOff(!may, of: fleet)
    case .decide(let id, let verdict): decide(id, verdict, of: fleet)
    case .reached(let id): fleet.waiters?.reached(id)
    case .problem(let problem):
      fleet.problem = problem
      refuseUndecidable()
    case .raise(let format):
      fleet.commonFormat = format
      run(.format)
    case .mark(let id): mark(id)
    case .following: run(.policy)
    case .behind(let isBehind):
      fleet.isBehind = isBehind
      refuseUndecidable()
    }
  }

  /// Refuses the commands that wait while nothing can be decided for long: behind a batch whose
  /// outcome is unknown, or while another member has the turn, if the fleet has a problem; and
  /// while the host catches up.
  func refuseUndecidable() {
    guard let fleet else { return }
    if fleet.isBehind {
      while !queue.isEmpty { refuseWaiting(.fleetBehind) }
    } else if fleet.pending != nil || fleet.isHeldOff, let problem = fleet.problem {
      while !queue.isEmpty { refuseWaiting(.fleet(problem)) }
    }
  }

  /// Answers the callers of a batch whose outcome has been unknown for long.
  func endLongDoubt() {
    guard let fleet, fleet.problem != nil, let pending = fleet.pending,
      loop.now - pending.begunNanoseconds >= fleet.link.doubtNanoseconds,
      let tellDoubt = fleet.pending?.tellDoubt.take()
    else { return }
    tellDoubt()
  }

  private func mark(_ fleet: InstanceID) {
    do { try ledger.markFleet(fleet) } catch { condition.failed(error) }
  }

  private func decide(_ id: ProposalID, _ verdict: Verdict, of fleet: WriterFleet) {
    guard let pending = fleet.pending.take(), pending.id == id else {
      preconditionFailure("a verdict on what was not proposed")
    }
    switch verdict {
    case .stands:
      if let accepted = pending.accepted { watched.accept(accepted, log: log) }
      pending.settle(.stands)
    case .superseded: pending.settle(.superseded)
    case .refused(let problem): pending.settle(.refused(problem))
    }
    // Before the next batch is decided, which takes a while.
    postAnswers()
  }

  private static func readsPolicy(_ text: Span<UInt8>, base: Span<UInt8>) -> Bool {
    (try? PolicyCandidate(file: Array(copying: text), base: Array(copying: base))) != nil
  }

  /// Commits what was proposed, if that is what is to be applied and nothing else was written
  /// since. Where the commit fails, the attempt to apply the row says why.
  private func commitProposed(_ rows: [LogRow], of fleet: WriterFleet) -> Bool {
    guard rows.count == 1, let applied = fleet.pending?.applied, applied.end == rows[0].end,
      withPublishing({ (try? applied.commit()) ?? false })
    else { return false }
    report(.applied(applied.end), of: fleet)
    return true
  }

  /// Does something that may publish further revisions, and tells of them.
  private func withPublishing<Outcome>(_ body: () -> Outcome) -> Outcome {
    let before = ledger.newestHead
    let outcome = body()
    let after = ledger.newestHead
    if after.revision > before.revision {
      condition.written()
      tellFollowers()
    }
    if after.policyRevision != before.policyRevision { notePolicy() }
    return outcome
  }

  /// Applies rows for some milliseconds; the rest follows after other messages.
  private func applySome() {
    guard let fleet else { return }
    let isAwaited = fleet.pending != nil || !queue.isEmpty
    let nanoseconds = isAwaited ? Self.stepNanoseconds.short : Self.stepNanoseconds.long
    switch withPublishing({ fleet.application?.step(on: ledger, nanoseconds: nanoseconds) }) {
    case .more:
      let next = LoopTimer(on: loop) { [unowned self] in
        applySome()
        if !isBusy { work() }
        return nil
      }
      next.schedule(afterNanoseconds: 0)
    case .ended(let outcome):
      fleet.application = nil
      report(outcome, of: fleet)
    case nil: break
    }
  }

  /// Notes for the status which policy is in force: another than was decided here last.
  func notePolicy() {
    do throws(StoreError) {
      var snapshot = try ledger.makeSnapshot()
      try snapshot.refresh(at: clock.read())
      services.notePolicy(of: snapshot)
    } catch { condition.failed(error) }
  }

  /// Tells the driver of the member, and then the callers whose row it was.
  private func report(_ outcome: RowOutcome, of fleet: WriterFleet) {
    let settling = fleet.settling.take()
    let problem: FleetProblem
    switch outcome {
    case .applied(let position):
      fleet.link.mailbox.post(.applied(position))
      if let settling { decide(settling, .stands, of: fleet) }
      return
    case .forked(let position): problem = .forked(position)
    case .damaged(let revision, let sentence):
      problem = .damaged("revision \(revision) of the fleet's log: \(sentence)")
    case .unknown(let revision, let sentence):
      // The member tries it again and again; the log says it once.
      if fleet.unknownRevision != revision {
        log.error(
          "the fleet's log has what this version does not know",
          [("revision", "\(revision)"), ("reason", sentence)])
      }
      fleet.unknownRevision = revision
      problem = .format(EntryFormat.newest + 1)
    case .full: problem = .unapplied(condition.failed(.full).message)
    case .failed(let error): problem = .unapplied(condition.failed(error).message)
    }
    fleet.link.mailbox.post(.applyFailed(problem, applied: ledger.newestHead.position))
  }
}
