internal import EventLoop
internal import Fleet
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
///
/// In a fleet a batch is proposed instead of committed, and its commands are kept until the fleet
/// has decided, see `Writer+Fleet.swift`. No other batch begins meanwhile; messages are handled.
final class Writer {
  let ledger: Ledger
  var services: PosternServices
  let watched: WatchedClock
  var clock: LedgerClock { watched.clock }
  let log: Log
  let workers: [WorkerLink]
  let quota: CommandQuota
  let metrics: WriterMetrics
  let loop: EventLoop
  private var receiver: MailboxReceiver<WriterMessage>?
  var queue = CommandQueue<CommandOwner, Command>()
  /// After a batch that did not fit: how many commands are tried one by one.
  var singleCount = 0
  /// Runs the next batch.
  private lazy var batchTimer = LoopTimer(on: loop) { [unowned self] in
    work()
    return nil
  }
  private(set) var isStopping = false
  let usage: UsageWriter
  let condition: LedgerCondition
  var identifiers: TokenIDGenerator
  var arena: Arena
  var answer = ByteBuffer()
  /// The answers of the present batch, for each worker.
  var answers: [[WorkerMessage]]
  /// What belongs to a fleet; nil without one.
  let fleet: WriterFleet?
  /// Work of the daemon's own that could not begin because a proposal was out.
  var dueUpkeep: Set<Upkeep> = []
  /// Removes tokens that ended so long ago.
  var removal: LoopTimer?
  let retentionNanoseconds: Int64
  /// For how long a batch is decided.
  var batchTime: BatchTime
  /// Whether the last batch left out the owners who have had their turn.
  var hasPassedOver = false
  /// The attempts that the present batch denies.
  var denied: [(key: DenialKey, nanoseconds: Int64)] = []
  /// The denied attempts that are not in the log yet.
  var denials = DenialTable()
  /// Writes them down.
  private(set) lazy var recordingTimer = LoopTimer(on: loop) { [unowned self] in
    run(.denials)
    return nil
  }

  /// Whether the last denied attempts were proposed.
  private var hasStopped = false

  /// How long the end of the writer waits for what is proposed.
  private static let stopNanoseconds: Int64 = 3_000_000_000

  /// How often denied attempts are written down.
  static let recordingNanoseconds: Int64 = 60_000_000_000

  /// How often the ledger's file is looked at, readers that died are looked for, and room in a
  /// ledger that was full.
  private static let upkeepNanoseconds: Int64 = 1_000_000_000

  /// The most commands in one transaction.
  static let batchCount = 1024
  /// No further command is begun once the answers of a batch are larger than this: they wait for
  /// the commit.
  static let batchAnswerBytes = 4 << 20

  /// With `fleet`, changes are brought into the log of a fleet.
  init(
    _ context: DaemonContext, _ watched: WatchedClock, routes: CommandRoutes,
    workers: [WorkerLink], fleet: FleetLink? = nil, on loop: EventLoop
  ) throws {
    let limits = context.limits
    ledger = context.ledger
    services = context.services
    self.watched = watched
    log = context.log
    self.workers = workers
    batchTime =
      fleet == nil
      ? BatchTime(maximumNanoseconds: limits.batchNanoseconds)
      : BatchTime(constantNanoseconds: limits.fleetBatchNanoseconds)
    retentionNanoseconds = limits.services.tokenRetentionNanoseconds
    quota = routes.quota
    metrics = services.status.metrics.writer
    self.loop = loop
    condition = LedgerCondition(context)
    usage = UsageWriter(context, condition, on: loop, backpressure: workers.map(\.usage))
    identifiers = try ledger.makeTokenIDGenerator()
    arena = Arena(initialBytes: 64 << 10, limits: limits.decode)
    answers = Array(repeating: [], count: workers.count)
    self.fleet = fleet.map { WriterFleet($0) }
    self.fleet?.waiters = fleet.map { link in
      FleetWaiters(maximumCount: limits.fleetWaits, link.mailbox, on: loop) {
        [unowned self] command, result in
        post(command.origin, result)
        batchTimer.schedule(afterNanoseconds: 0)
      }
    }
    receiver = try MailboxReceiver(routes.writer, on: loop) { [unowned self] messages in
      self.receive(&messages)
    }
    LoopTimer.every(nanoseconds: Self.upkeepNanoseconds, on: loop) { [unowned self] in keepUp() }
    if retentionNanoseconds > 0 { scheduleTokenRemoval() }
  }

  /// Runs until a message stops it, after it has handled the messages before that one.
  func run() throws(Errno) {
    try loop.run()
    try receiver?.close()
    // In a fleet they were proposed before, or are given up.
    if fleet == nil { recordDenials() }
    fleet?.pending = nil
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
      case .fleet(let order): obey(order)
      case .stop: beginStopping()
      }
    }
    messages.removeAll(keepingCapacity: true)
    refuseUndecidable()
    if !batchTimer.isScheduled { work() }
  }

  private func beginStopping() {
    isStopping = true
    guard fleet != nil else { return }
    // What is out then may come to stand all the same, and is caught up with after the next start.
    let patience = LoopTimer(on: loop) { [unowned self] in
      loop.stop()
      return nil
    }
    patience.schedule(afterNanoseconds: Self.stopNanoseconds)
  }

  /// Runs one batch. Commands that still wait then get the next turn of the loop.
  func work() {
    if !isBusy, !isHeldOff { runNext() }
    // The last command's request and answer, which may hold secrets.
    arena.reset()
    answer.removeAll()
    postAnswers()
    guard !isBusy else { return }
    if hasWork {
      if isHeldOff { askForTurn() } else { batchTimer.schedule(afterNanoseconds: 0) }
    } else if isStopping {
      stop()
    }
  }

  private func runNext() {
    if let upkeep = dueUpkeep.popFirst() { return run(upkeep) }
    if singleCount > 0 { runSingles() } else if !queue.isEmpty { runBatch(Self.batchCount) }
  }

  private func stop() {
    if fleet != nil, !hasStopped {
      hasStopped = true
      recordDenials()
      if isBusy { return }
    }
    loop.stop()
  }

  func postAnswers() {
    for index in answers.indices where !answers[index].isEmpty {
      workers[index].mailbox.post(contentsOf: answers[index])
      answers[index].removeAll(keepingCapacity: true)
    }
  }

  func tellFollowers() {
    for worker in workers where worker.revisions.raise() { worker.mailbox.post(.published) }
  }

  func post(_ origin: CommandOrigin, _ result: Result<WipedBytes, Status>) {
    switch origin {
    case .call(let call):
      answers[call.worker].append(.answered(CommandAnswer(origin: call, result: result)))
    case .daemon(let answer): answer(result)
    }
  }
}

// Every change is made in a draft, whether it is a command's or the daemon's own. Without a fleet a
// draft is committed when it ends. In a fleet it is proposed, see `Writer+Fleet.swift`.
extension Writer {
  /// Whether no draft may begin.
  var isBusy: Bool { fleet.map { $0.pending != nil || $0.application != nil } ?? false }

  /// The time of a draft: of the fleet, where the host's own clock is off.
  func now() -> LedgerTime {
    guard let time = fleet?.link.time, time.isOff else { return clock.read() }
    return time.now
  }

  /// Begins a draft.
  func makeDraft(
    at time: LedgerTime, uses: TokenUses = TokenUses(maximumKeys: 0)
  ) throws(StoreError) -> Draft {
    precondition(!isBusy, "a draft begins while another is proposed")
    return try ledger.makeDraft(
      at: time, identifiers: identifiers, uses: uses, host: fleet?.link.host)
  }

  /// Ends a draft. `settle` gets the outcome once: before this returns, or in a fleet with a later
  /// message. `tellDoubt` is called before that if the outcome stays unknown for too long.
  func end(
    _ draft: consuming Draft, isReport: Bool, raisedFormat: UInt32? = nil,
    tellDoubt: (() -> Void)? = nil, settle: @escaping (DraftEnd) -> Void
  ) {
    guard let fleet else { return settle(commit(draft)) }
    propose(
      draft, to: fleet, isReport: isReport, raisedFormat: raisedFormat, tellDoubt: tellDoubt,
      settle: settle)
  }

  private func commit(_ draft: consuming Draft) -> DraftEnd {
    let (hasChanged, accepted) = (draft.entryCount > 0, draft.accepted)
    do { identifiers = try draft.commit() } catch { return .failed(error) }
    if let accepted { watched.accept(accepted, log: log) }
    if hasChanged {
      condition.written()
      tellFollowers()
    }
    return .stands
  }
}

/// The outcome of a draft.
enum DraftEnd {
  /// It counts: it is on the disk, published, and in a fleet in its log.
  case stands
  /// Another member of the fleet was first: it is to be decided anew.
  case superseded
  /// The fleet does not take it. Nothing was changed.
  case refused(FleetProblem)
  /// The ledger does not take it. Nothing was changed.
  case failed(StoreError)
}
