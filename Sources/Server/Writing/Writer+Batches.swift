internal import Ledger
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services

/// The commands that were taken for one batch, with what was decided.
struct CommandBatch {
  typealias Taken = (owner: CommandOwner, element: Command)

  enum Decision {
    case answered(Result<WipedBytes, Status>)
    /// The same, once every member of the fleet obeys what stands up to a revision.
    case awaited(WipedBytes, revision: UInt64)
    /// It goes on after the turns of others.
    case unfinished(Continuation)
  }

  var taken: [Taken] = []
  /// The decisions on the first of them.
  var decisions: [Decision] = []
  /// Whether its callers were told that its outcome is unknown.
  let doubt = Doubt()
  /// Whether it was made of one command, so that a neighbour can't be what is wrong with it.
  let isSingle: Bool

  final class Doubt {
    var isTold = false
  }

  /// Whether an answer waits for the fleet.
  var hasWaits: Bool {
    decisions.contains { if case .awaited = $0 { true } else { false } }
  }
}

extension Writer {
  /// Tries commands of a batch that did not fit, each in a transaction of its own.
  func runSingles() {
    let begun = Clock.monotonicNanoseconds()
    while singleCount > 0, !queue.isEmpty, !isBusy,
      Clock.monotonicNanoseconds() - begun < batchTime.nanoseconds
    {
      singleCount -= 1
      runBatch(1)
    }
    if queue.isEmpty, !isBusy { singleCount = 0 }
  }

  /// Takes at most so many commands, decides them and ends their draft; at least one is taken,
  /// where there are any.
  func runBatch(_ maximumCount: Int) {
    var batch = CommandBatch(isSingle: maximumCount == 1)
    if let refusal = condition.refusal {
      batch.taken = take(maximumCount)
      return refuse(batch, refusal)
    }
    do throws(StoreError) {
      let skew = fleet?.link.time.skewNanoseconds
      var draft = try makeDraft(at: now(), uses: usage.uses)
      if skew != nil { draft.refuseGrants() }
      condition.note(draft.room)
      decideBatch(&batch, maximumCount: maximumCount, in: &draft)
      FailPoint.answer.early { answerCalls(batch) }
      let begun = Clock.monotonicNanoseconds()
      end(
        draft, isReport: batch.hasWaits, tellDoubt: { [unowned self, batch] in tellDoubt(batch) }
      ) { [unowned self, batch] end in
        settleBatch(batch, end, begunNanoseconds: begun)
      }
    } catch {
      settleBatch(batch, .failed(error), begunNanoseconds: 0)
    }
  }

  private func decideBatch(_ batch: inout CommandBatch, maximumCount: Int, in draft: inout Draft) {
    var now = Clock.monotonicNanoseconds()
    let end = now + batchTime.nanoseconds
    var answerBytes = 0
    // The owner without a debt that was taken last.
    var fresh: CommandOwner?
    // Not twice in a row: new owners may come with every batch.
    let mayPassOver = !hasPassedOver && fleet == nil
    hasPassedOver = false
    while batch.taken.count < maximumCount, now < end, answerBytes < Self.batchAnswerBytes,
      draft.failure == nil, !draft.isSpent
    {
      guard let first = queue.first() else { break }
      // It does not wait for others who have had their turn, nor for what they add to its commit.
      // In a fleet a batch of its own would cost a round trip.
      if mayPassOver, let fresh, !first.isFresh, first.owner != fresh {
        hasPassedOver = true
        break
      }
      if first.isFresh { fresh = first.owner }
      guard let next = queue.next(nowNanoseconds: now) else { break }
      batch.taken.append(next)
      FailPoint.decide.before()
      let decision = decideCommand(next.element, &draft)
      FailPoint.decide.after()
      switch decision {
      case .answered(.success(let answer)), .awaited(let answer, _): answerBytes += answer.count
      case .answered, .unfinished: break
      }
      batch.decisions.append(decision)
      let done = Clock.monotonicNanoseconds()
      queue.charge(next.owner, nanoseconds: done - now, nowNanoseconds: done)
      now = done
    }
  }

  /// Answers the commands of a batch, gives them back, or refuses them.
  private func settleBatch(_ batch: CommandBatch, _ end: DraftEnd, begunNanoseconds begun: Int64) {
    if batch.doubt.isTold { return forget(batch, end) }
    switch end {
    case .stands:
      let now = Clock.monotonicNanoseconds()
      metrics.commitNanoseconds.observe(UInt64(now - begun))
      batchTime.note(commitNanoseconds: now - begun)
      // The wait for a fleet keeps the writer from no other work.
      if fleet == nil {
        queue.charge(all: batch.taken, nanoseconds: now - begun, nowNanoseconds: now)
      }
      metrics.batchCommands.observe(UInt64(batch.taken.count))
      quota.release(zip(batch.taken, batch.decisions).compactMap { settleCommand($0.element, $1) })
      countDenied()
    case .superseded:
      undo(batch)
      if batch.isSingle { singleCount += 1 }
      giveBack(batch)
    case .refused(let problem):
      undo(batch)
      refuse(batch, .fleet(problem))
    case .failed(let error):
      undo(batch)
      var batch = batch
      if batch.taken.isEmpty { batch.taken = take(1) }
      failBatch(batch, error)
    }
  }

  private func failBatch(_ batch: CommandBatch, _ error: StoreError) {
    switch error {
    case .full where batch.isSingle: refuse(batch, condition.failed(.full))
    // Only the command that read the damaged row is refused.
    case .damagedRow(let row) where batch.isSingle: refuse(batch, services.damaged(row))
    case .full, .damagedRow:
      giveBack(batch)
      singleCount = max(1, batch.taken.count)
    default: refuse(batch, condition.failed(error))
    }
  }

  /// Forgets what was noted while a batch was decided, since the batch does not stand.
  private func undo(_ batch: CommandBatch) {
    denied.removeAll()
    services.unfollow()
    if batch.taken.contains(where: { $0.element.method == .adminServiceReloadPolicy }) {
      notePolicy()
    }
    for (next, decision) in zip(batch.taken, batch.decisions) {
      switch decision {
      case .unfinished(let rest) where next.element.continuation == nil: services.end(rest)
      case .awaited: fleet?.waiters?.release(next.element)
      case .unfinished, .answered: break
      }
    }
  }

  /// Puts the commands of a batch back, to be decided anew.
  private func giveBack(_ batch: CommandBatch) {
    var taken = batch.taken
    // The ledger's own failures are rare, and their uses may count twice.
    if fleet != nil { for index in taken.indices { taken[index].element.isCounted = true } }
    queue.giveBack(taken, nowNanoseconds: Clock.monotonicNanoseconds())
  }

  /// Refuses commands whose changes were dropped.
  private func refuse(_ batch: CommandBatch, _ status: Status) {
    for (_, command) in batch.taken {
      if let rest = command.continuation { services.end(rest) }
      post(command.origin, .failure(status))
    }
    quota.release(batch.taken.lazy.map(\.element))
  }

  /// Refuses some of the commands that wait.
  func refuseWaiting(_ status: Status) {
    var batch = CommandBatch(isSingle: false)
    batch.taken = take(Self.batchCount)
    refuse(batch, status)
  }

  /// Tells the callers that the outcome of the batch is still unknown.
  private func tellDoubt(_ batch: CommandBatch) {
    batch.doubt.isTold = true
    for (_, command) in batch.taken { post(command.origin, .failure(.fleetInDoubt)) }
    postAnswers()
  }

  /// Ends a batch whose callers were told that its outcome is unknown. What it has begun in steps
  /// does not continue.
  private func forget(_ batch: CommandBatch, _ end: DraftEnd) {
    if case .stands = end { countDenied() }
    undo(batch)
    for (_, command) in batch.taken {
      if let rest = command.continuation { services.end(rest) }
    }
    quota.release(batch.taken.lazy.map(\.element))
  }

  private func take(_ count: Int) -> [CommandBatch.Taken] {
    var taken: [CommandBatch.Taken] = []
    let now = Clock.monotonicNanoseconds()
    while taken.count < count, let next = queue.next(nowNanoseconds: now) { taken.append(next) }
    return taken
  }

  /// Answers a command of a batch that stands, and returns it; nil if it goes on.
  private func settleCommand(_ command: Command, _ decision: CommandBatch.Decision) -> Command? {
    if case .unfinished(let rest) = decision {
      var command = command
      command.continuation = rest
      command.isCounted = false
      queue.append(command, of: command.owner, nowNanoseconds: Clock.monotonicNanoseconds())
      return nil
    }
    if let rest = command.continuation { services.end(rest) }
    switch decision {
    case .answered(let result): post(command.origin, result)
    case .awaited(let answer, let revision):
      fleet?.waiters?.park(command, answer, revision: revision)
    case .unfinished: break
    }
    return command
  }

  /// Answers calls before their commit, which a worker ignores when they are answered again.
  private func answerCalls(_ batch: CommandBatch) {
    for case (let next, .answered(let result)) in zip(batch.taken, batch.decisions) {
      if case .call = next.element.origin { post(next.element.origin, result) }
    }
    postAnswers()
  }

  private func decideCommand(_ command: Command, _ draft: inout Draft) -> CommandBatch.Decision {
    if let deadline = command.deadlineNanoseconds, Clock.monotonicNanoseconds() >= deadline {
      return .answered(.failure(.deadlineExceeded))
    }
    // When the daemon ends, no caller waits for the rest any more.
    if isStopping, command.continuation != nil { return .answered(.failure(.draining)) }
    let entries = draft.entryCount
    draft.beginCommand()
    services.follow(draft)
    usage.uses.begin(method: command.method.rawValue, userID: command.peer.userID)
    do {
      arena.reset()
      answer.removeAll()
      let step = CommandStep(
        from: command.continuation, waitRefusal: fleet?.waiters?.refusal(of: command),
        policyFile: command.policyFile)
      let end = try services.decideCommand(
        command.method, command.payload, for: Self.call(of: command), at: step, in: &draft,
        arena: arena, into: &answer)
      if draft.isRefused { return .answered(.failure(refusalOfGrant(draft))) }
      noteDenial(of: command, draft)
      guard let rest = end.continuation else {
        return answered(command, waitsForFleet: end.waitsForFleet, draft)
      }
      if command.continuation == nil { services.begin(rest) }
      return .unfinished(rest)
    } catch {
      precondition(
        draft.entryCount == entries || draft.failure != nil,
        "a command appended before it was refused")
      noteDenial(of: command, draft, error)
      if error.code == .permissionDenied { usage.uses.noteRefusal() }
      return .answered(.failure(error))
    }
  }

  /// Why a command that gives rights was refused.
  private func refusalOfGrant(_ draft: borrowing Draft) -> Status {
    if draft.refusesGrants, let skew = fleet?.link.time.skewNanoseconds { return .clockSkew(skew) }
    return condition.full(draft.room)
  }

  /// The answer that a command has put together, which may wait for the fleet.
  private func answered(
    _ command: Command, waitsForFleet: Bool, _ draft: borrowing Draft
  ) -> CommandBatch.Decision {
    let bytes = WipedBytes(copying: answer)
    guard waitsForFleet, let waiters = fleet?.waiters else {
      return .answered(.success(bytes))
    }
    waiters.reserve(command)
    return .awaited(bytes, revision: draft.revision)
  }

  /// Notes a command that was denied, or whose answer hides what its caller may not see.
  private func noteDenial(
    of command: Command, _ draft: borrowing Draft, _ status: Status? = nil
  ) {
    let isTrespass = usage.uses.takeTrespass()
    guard status != nil || isTrespass else { return }
    let call = Self.call(of: command)
    let key = services.denialKey(
      of: command.method, for: call, status: status, in: draft, isTrespass: isTrespass)
    if let key {
      denied.append((key, draft.nowNanoseconds))
    }
  }

  @_lifetime(borrow command)
  private static func call(of command: borrowing Command) -> Call {
    Call(
      peer: command.peer, credential: command.credential.borrowed,
      executable: command.executable.span,
      countedItems: command.isCounted ? .max : 0)
  }
}
