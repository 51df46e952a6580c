internal import EventLoop
internal import Ledger
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services
internal import Tokens

/// The one thread that changes anything.
///
/// It takes commands that wait, in turns by their owners, decides them inside one write transaction
/// for some milliseconds, commits once, and then answers every caller: no other change can come
/// between check and write, and callers that wait together share a sync. It tells no caller of a
/// change before the commit has returned. Between two batches it reads its mailbox, so that neither
/// a sign of life nor a new caller waits for everything that others have sent.
///
/// A command for which the ledger has no room is refused, see `Admission`. A batch that does not
/// fit all the same is dropped and its commands are tried one by one, so that a revoke is not lost
/// with a neighbour that was too large. `LedgerCondition` decides what any other failure means.
final class Writer {
  let ledger: Ledger
  var services: PosternServices
  let clock: LedgerClock
  let log: Log
  private let workers: [WorkerLink]
  private let quota: CommandQuota
  private let metrics: WriterMetrics
  let loop: EventLoop
  private var receiver: MailboxReceiver<WriterMessage>?
  private var queue = CommandQueue<CommandOwner, Command>()
  /// After a batch that did not fit: how many commands are tried one by one.
  private var singleCount = 0
  /// Runs the next batch.
  private lazy var batchTimer = LoopTimer(on: loop) { [unowned self] in
    work()
    return nil
  }
  private var isStopping = false
  private let usage: UsageWriter
  let condition: LedgerCondition
  var identifiers: TokenIDGenerator
  private var arena: Arena
  private var answer = ByteBuffer()
  /// The answers of the present batch, for each worker.
  private var answers: [[WorkerMessage]]
  /// The attempts that the present batch denies.
  var denied: [(key: DenialKey, nanoseconds: Int64)] = []
  /// The denied attempts that are not in the log yet.
  var denials = DenialTable()
  /// Writes them down.
  private(set) lazy var recordingTimer = LoopTimer(on: loop) { [unowned self] in
    recordDenials()
    // There may have been no room for them.
    return denials.isEmpty ? nil : Self.recordingNanoseconds
  }

  /// How often denied attempts are written down.
  static let recordingNanoseconds: Int64 = 60_000_000_000

  /// How often the ledger's file is looked at, readers that died are looked for, and room in a
  /// ledger that was full.
  private static let upkeepNanoseconds: Int64 = 1_000_000_000

  /// The most commands in one transaction.
  private static let batchCount = 1024
  /// After this time no further command is begun in a transaction. This, one command and the commit
  /// is how long a caller waits for the commands of others.
  private static let batchNanoseconds: Int64 = 5_000_000
  /// No further command is begun once the answers of a batch are larger than this: they wait for
  /// the commit.
  private static let batchAnswerBytes = 4 << 20

  init(_ context: DaemonContext, routes: CommandRoutes, workers: [WorkerLink]) throws {
    let limits = context.limits
    ledger = context.ledger
    services = context.services
    clock = services.status.clock
    log = context.log
    self.workers = workers
    quota = routes.quota
    metrics = services.status.metrics.writer
    loop = try EventLoop()
    condition = LedgerCondition(context)
    usage = UsageWriter(context, condition, on: loop, backpressure: workers.map(\.usage))
    identifiers = try ledger.makeTokenIDGenerator()
    arena = Arena(initialBytes: 64 << 10, limits: limits.decode)
    answers = Array(repeating: [], count: workers.count)
    receiver = try MailboxReceiver(routes.writer, on: loop) { [unowned self] messages in
      self.receive(&messages)
    }
    LoopTimer.every(nanoseconds: Self.upkeepNanoseconds, on: loop) { [unowned self] in keepUp() }
    let retention = limits.services.tokenRetentionNanoseconds
    if retention > 0 { scheduleTokenRemoval(retentionNanoseconds: retention) }
  }

  /// Runs until a message stops it, after it has handled the messages before that one.
  func run() throws(Errno) {
    try loop.run()
    try receiver?.close()
    recordDenials()
    usage.finish()
  }

  private func receive(_ messages: inout [WriterMessage]) {
    for message in messages {
      switch message {
      case .command(let command):
        queue.append(command, of: command.owner, nowNanoseconds: loop.now)
      case .uses(let batch, let worker): usage.receive(batch, from: worker)
      case .denied(let table): count(table)
      case .probe(let answer): answer()
      case .stop: isStopping = true
      }
    }
    messages.removeAll(keepingCapacity: true)
    if !batchTimer.isScheduled { work() }
  }

  /// Runs one batch. Commands that still wait then get the next turn of the loop.
  private func work() {
    if singleCount > 0 { runSingles() } else { runBatch() }
    // The last command's request and answer, which may hold secrets.
    arena.reset()
    answer.removeAll()
    postAnswers()
    if !queue.isEmpty {
      batchTimer.schedule(afterNanoseconds: 0)
    } else if isStopping {
      loop.stop()
    }
  }

  private func postAnswers() {
    for index in answers.indices where !answers[index].isEmpty {
      workers[index].mailbox.post(contentsOf: answers[index])
      answers[index].removeAll(keepingCapacity: true)
    }
  }

  private func runBatch() {
    guard !queue.isEmpty else { return }
    let (taken, outcome) = commitBatch(maximumCount: Self.batchCount)
    switch outcome {
    case .committed: break
    case .failed(let status): refuse(taken, status)
    case .full:
      queue.giveBack(taken, nowNanoseconds: Clock.monotonicNanoseconds())
      singleCount = max(1, taken.count)
    }
  }

  /// Tries commands of a batch that did not fit, each in a transaction of its own.
  private func runSingles() {
    let begun = Clock.monotonicNanoseconds()
    while singleCount > 0, !queue.isEmpty,
      Clock.monotonicNanoseconds() - begun < Self.batchNanoseconds
    {
      singleCount -= 1
      let (taken, outcome) = commitBatch(maximumCount: 1)
      switch outcome {
      case .committed: break
      case .failed(let status): refuse(taken, status)
      case .full: refuse(taken, condition.failed(.full))
      }
    }
    if queue.isEmpty { singleCount = 0 }
  }

  /// Refuses commands whose changes were dropped.
  private func refuse(_ taken: Taken, _ status: Status) {
    for (_, command) in taken {
      if let rest = command.continuation { services.end(rest) }
      post(command.origin, .failure(status))
    }
    quota.release(taken.lazy.map(\.element))
  }

  private typealias Taken = [(owner: CommandOwner, element: Command)]

  private enum BatchOutcome {
    /// Every caller was answered.
    case committed
    /// The batch did not fit the store. No caller was answered.
    case full
    /// The batch can't be written, for which this is the answer. No caller was answered.
    case failed(Status)
  }

  /// Takes commands, decides and commits them; at least one is taken, where there are any.
  private func commitBatch(maximumCount count: Int) -> (taken: Taken, outcome: BatchOutcome) {
    var taken: Taken = []
    var decisions: [Decision] = []
    if let refusal = condition.refusal { return (take(count), .failed(refusal)) }
    do throws(StoreError) {
      var draft = try ledger.makeDraft(
        at: clock.read(), identifiers: identifiers, uses: usage.uses)
      condition.note(draft.room)
      var now = Clock.monotonicNanoseconds()
      let end = now + Self.batchNanoseconds
      var answerBytes = 0
      while taken.count < count, now < end, answerBytes < Self.batchAnswerBytes,
        draft.failure == nil, !draft.isSpent,
        let next = queue.next(nowNanoseconds: now)
      {
        taken.append(next)
        FailPoint.decide.before()
        let decision = decideCommand(next.element, &draft)
        FailPoint.decide.after()
        if case .answered(.success(let answer)) = decision { answerBytes += answer.count }
        decisions.append(decision)
        let done = Clock.monotonicNanoseconds()
        queue.charge(next.owner, nanoseconds: done - now, nowNanoseconds: done)
        now = done
      }
      let hasChanged = draft.entryCount > 0
      let accepted = draft.accepted
      let begun = Clock.monotonicNanoseconds()
      FailPoint.answer.early { answerCalls(taken, decisions) }
      identifiers = try draft.commit()
      if let accepted { clock.accept(accepted) }
      let committed = Clock.monotonicNanoseconds()
      metrics.commitNanoseconds.observe(UInt64(committed - begun))
      queue.charge(all: taken, nanoseconds: committed - begun, nowNanoseconds: committed)
      metrics.batchCommands.observe(UInt64(taken.count))
      quota.release(zip(taken, decisions).compactMap { settle($0.element, $1) })
      if hasChanged {
        condition.written()
        tellFollowers()
      }
      countDenied()
      return (taken, .committed)
    } catch {
      denied.removeAll()
      for case (let next, .unfinished(let rest)) in zip(taken, decisions)
      where next.element.continuation == nil { services.end(rest) }
      if taken.isEmpty { taken = take(1) }
      switch error {
      case .full: return (taken, .full)
      // Only the command that read the damaged row is refused.
      case .damagedRow where count > 1: return (taken, .full)
      case .damagedRow(let row): return (taken, .failed(services.damaged(row)))
      default: return (taken, .failed(condition.failed(error)))
      }
    }
  }

  private func take(_ count: Int) -> Taken {
    var taken: Taken = []
    let now = Clock.monotonicNanoseconds()
    while taken.count < count, let next = queue.next(nowNanoseconds: now) { taken.append(next) }
    return taken
  }

  func tellFollowers() {
    for worker in workers where worker.revisions.raise() { worker.mailbox.post(.published) }
  }

  private enum Decision {
    case answered(Result<WipedBytes, Status>)
    /// It goes on after the turns of others.
    case unfinished(Continuation)
  }

  /// Answers a command of a batch that was committed, and returns it; nil if it goes on.
  private func settle(_ command: Command, _ decision: Decision) -> Command? {
    switch decision {
    case .answered(let result):
      if let rest = command.continuation { services.end(rest) }
      post(command.origin, result)
      return command
    case .unfinished(let rest):
      var command = command
      command.continuation = rest
      queue.append(command, of: command.owner, nowNanoseconds: Clock.monotonicNanoseconds())
      return nil
    }
  }

  /// Answers calls before their commit, which a worker ignores when they are answered again.
  private func answerCalls(_ taken: Taken, _ decisions: [Decision]) {
    for case (let next, .answered(let result)) in zip(taken, decisions) {
      if case .call = next.element.origin { post(next.element.origin, result) }
    }
    postAnswers()
  }

  private func decideCommand(_ command: Command, _ draft: inout Draft) -> Decision {
    if let deadline = command.deadlineNanoseconds, Clock.monotonicNanoseconds() >= deadline {
      return .answered(.failure(.deadlineExceeded))
    }
    // When the daemon ends, no caller waits for the rest any more.
    if isStopping, command.continuation != nil { return .answered(.failure(.draining)) }
    let entries = draft.entryCount
    draft.beginCommand()
    services.follow(draft)
    services.continuation = command.continuation
    draft.continuation = nil
    usage.uses.begin(method: command.method.rawValue, userID: command.peer.userID)
    do {
      arena.reset()
      answer.removeAll()
      try services.decideCommand(
        command.method, command.payload, for: Self.call(of: command), in: &draft, arena: arena,
        into: &answer, policyFile: command.policyFile)
      if draft.isRefused { return .answered(.failure(condition.full(draft.room))) }
      noteDenial(of: command, draft)
      guard let rest = draft.continuation else {
        return .answered(.success(WipedBytes(copying: answer)))
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
      executable: command.executable.span)
  }

  private func post(_ origin: CommandOrigin, _ result: Result<WipedBytes, Status>) {
    switch origin {
    case .call(let call):
      answers[call.worker].append(.answered(CommandAnswer(origin: call, result: result)))
    case .daemon(let answer): answer(result)
    }
  }
}
