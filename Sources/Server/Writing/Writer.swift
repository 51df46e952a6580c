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
/// It takes all commands that wait, decides each inside one write transaction, commits once, and
/// then answers every caller: a decision can't be overtaken between check and write, and callers
/// that wait together share a sync. Until the commit has returned nobody hears of it.
///
/// A batch that does not fit the store is dropped and its commands are tried one by one, so that a
/// revoke is not lost with a neighbour that was too large. A commit that fails in any other way
/// leaves open what is on the disk: nothing is acknowledged and the process ends.
final class Writer: TimerHandler {
  let ledger: Ledger
  private var services: PosternServices
  let log: Log
  private let workers: [Mailbox<WorkerMessage>]
  private let policyReader: Mailbox<PolicyReaderMessage>
  private let waiting: WaitingCommands
  private let revisions: [RevisionSignal]
  private let metrics: WriterMetrics
  let loop: EventLoop
  private var receiver: MailboxReceiver<WriterMessage>?
  private var tokenSweep: TokenSweep?
  private let usage: UsageWriter
  var identifiers: TokenIDGenerator
  private var arena: Arena
  private var answer = ByteBuffer()
  /// The answers of the present batch, for each worker.
  private var answers: [[WorkerMessage]]
  /// The attempts that the present batch denies.
  var denied: [(key: DenialKey, nanoseconds: Int64)] = []
  /// The denied attempts that are not in the log yet.
  var denials = DenialTable()
  var isRecordingScheduled = false

  /// How often denied attempts are written down.
  static let recordingNanoseconds: Int64 = 60_000_000_000

  /// The most commands in one transaction, which bounds how long the first of them waits.
  private static let batchCount = 1024

  init(
    _ mailbox: Mailbox<WriterMessage>, ledger: Ledger, services: PosternServices, log: Log,
    workers: [Mailbox<WorkerMessage>], policyReader: Mailbox<PolicyReaderMessage>,
    waiting: WaitingCommands, revisions: [RevisionSignal], handOvers: [UsageHandOver],
    limits: Limits, metrics: WriterMetrics
  ) throws {
    self.ledger = ledger
    self.services = services
    self.log = log
    self.workers = workers
    self.policyReader = policyReader
    self.waiting = waiting
    self.revisions = revisions
    self.metrics = metrics
    loop = try EventLoop()
    usage = UsageWriter(loop, ledger, limits, log, metrics, handOvers)
    identifiers = try ledger.makeTokenIDGenerator()
    arena = Arena(initialBytes: 64 << 10, limits: limits.decode)
    answers = Array(repeating: [], count: workers.count)
    receiver = try MailboxReceiver(mailbox, on: loop) { [unowned self] messages in
      self.receive(&messages)
    }
    let retention = limits.services.tokenRetentionNanoseconds
    if retention > 0 {
      tokenSweep = TokenSweep(loop, retentionNanoseconds: retention) { [unowned self] in
        self.sweepTokens()
      }
    }
  }

  /// Runs until a message stops it; what came before that message is done first.
  func run() throws(Errno) {
    try loop.run()
    try receiver?.close()
    recordDenials()
    usage.finish()
  }

  private func receive(_ messages: inout [WriterMessage]) {
    var commands: [Command] = []
    for message in messages {
      switch message {
      case .command(let command) where command.needsPolicyFile:
        policyReader.post(.read(command))
      case .command(let command): commands.append(command)
      case .uses(let batch, let worker): usage.receive(batch, from: worker)
      case .probe(let answer): answer()
      case .stop: loop.stop()
      }
    }
    messages.removeAll(keepingCapacity: true)
    var rest = commands[...]
    while !rest.isEmpty {
      run(rest.prefix(Self.batchCount))
      rest = rest.dropFirst(Self.batchCount)
    }
    for command in commands { waiting.leave(bytes: command.payload.count) }
  }

  private func run(_ batch: ArraySlice<Command>) {
    if !commit(batch) {
      for command in batch where !commit([command]) {
        post(
          command.origin,
          .failure(
            Status(
              .unavailable, "the ledger is full: nothing was changed", reason: "LEDGER_FULL",
              retryDelayMilliseconds: 5000)))
      }
      log.write(.error, "the ledger is full", [("waiting", "\(batch.count)")])
    }
    for index in answers.indices where !answers[index].isEmpty {
      workers[index].post(contentsOf: answers[index])
      answers[index].removeAll(keepingCapacity: true)
    }
  }

  /// Decides and commits a batch; false when the store has no room for it, and nobody was answered.
  private func commit(_ batch: ArraySlice<Command>) -> Bool {
    do {
      var draft = try ledger.makeDraft(
        wallNanoseconds: Clock.wallNanoseconds(), identifiers: identifiers, uses: usage.uses)
      var results: [Result<[UInt8], Status>] = []
      results.reserveCapacity(batch.count)
      for command in batch {
        results.append(decide(command, &draft))
        guard draft.failure == nil else { break }
      }
      let begun = Clock.monotonicNanoseconds()
      let hasChanged = draft.entryCount > 0
      identifiers = try draft.commit()
      metrics.commitNanoseconds.observe(UInt64(Clock.monotonicNanoseconds() - begun))
      metrics.batchCommands.observe(UInt64(batch.count))
      for (command, result) in zip(batch, results) { post(command.origin, result) }
      if hasChanged { tellFollowers() }
      countDenied()
      return true
    } catch StoreError.full {
      denied.removeAll()
      return false
    } catch {
      log.write(.error, "the ledger can't be written", [("reason", "\(error)")])
      preconditionFailure("the ledger can't be written")
    }
  }

  func tellFollowers() {
    for index in workers.indices where revisions[index].raise() { workers[index].post(.published) }
  }

  private func decide(_ command: Command, _ draft: inout Draft) -> Result<[UInt8], Status> {
    if let deadline = command.deadlineNanoseconds, Clock.monotonicNanoseconds() >= deadline {
      return .failure(.deadlineExceeded)
    }
    let entries = draft.entryCount
    services.follow(draft)
    services.reading = command.reading
    usage.uses.begin(method: command.method.rawValue, userID: command.peer.userID)
    do {
      arena.reset()
      answer.removeAll()
      try services.decide(
        command.method, command.payload.span,
        Self.call(of: command), &draft, arena, &answer)
      return .success(Self.copy(answer))
    } catch {
      precondition(
        draft.entryCount == entries || draft.failure != nil,
        "a command appended before it was refused")
      if let key = services.denialKey(command.method, Self.call(of: command), error, draft) {
        denied.append((key, draft.nowNanoseconds))
      }
      if error.code == .permissionDenied { usage.uses.noteRefusal() }
      return .failure(error)
    }
  }

  @_lifetime(borrow command)
  private static func call(of command: borrowing Command) -> Call {
    Call(
      peer: command.peer, bearer: command.bearer.span, executable: command.executable.span)
  }

  private static func copy(_ buffer: borrowing ByteBuffer) -> [UInt8] {
    Array(copying: buffer.bytes)
  }

  private func post(_ origin: CommandOrigin, _ result: Result<[UInt8], Status>) {
    switch origin {
    case .call(let call):
      answers[call.worker].append(.answered(CommandAnswer(origin: call, result: result)))
    case .daemon(let answer): answer(result)
    }
  }
}

extension Writer {
  /// Removes some tokens that ended long ago; whether there are more.
  ///
  /// How long ago, the log's own time says and not the clock: while a clock stands wrong in the
  /// future a sweep would carry that time into the log, and every token would stay expired when the
  /// clock is right again. A ledger that nobody writes to is not swept, nor does it grow.
  private func sweepTokens() -> Bool {
    do {
      var draft = try ledger.makeDraft(wallNanoseconds: 0, identifiers: identifiers)
      let count = services.sweepTokens(&draft, by: Actor.daemon)
      guard count > 0 else { return false }
      identifiers = try draft.commit()
      log.write(.debug, "ended tokens were removed", [("count", "\(count)")])
      return count == PosternServices.mostSwept
    } catch StoreError.full {
      log.write(.warning, "the ledger is full: ended tokens stay", [])
      return false
    } catch {
      log.write(.error, "the ledger can't be written", [("reason", "\(error)")])
      preconditionFailure("the ledger can't be written")
    }
  }
}
