internal import EventLoop
internal import Ledger
internal import Metrics
internal import RPC
internal import Services
internal import Synchronization

/// Writes how tokens were used, on the writer's thread: what the workers have counted, and the
/// writer itself. It writes a little at a time, so that a command waits for one small transaction
/// at most, and removes old usage in the same way.
///
/// If the ledger has no room it drops usage and counts what it dropped: room is for changes.
final class UsageWriter {
  private unowned let loop: EventLoop
  private let ledger: Ledger
  private let limits: Limits
  private let condition: LedgerCondition
  private let clock: LedgerClock
  private let metrics: WriterMetrics
  /// The backpressure of each worker.
  private let backpressure: [UsageBackpressure]
  /// The uses that the writer's thread counts.
  let uses: TokenUses
  /// The batches to write, each with its worker; nil for the writer's own.
  private var queue: [(batch: UsageOrder, worker: Int?)] = []
  private lazy var writing = LoopTimer(on: loop) { [unowned self] in
    writeSome(Self.maximumRows) ? Self.pauseNanoseconds : nil
  }
  private var walk = UsageWalk()

  private static let methods = Method.allCases.map { method in
    Array("\(method.descriptor.service)/\(method.descriptor.name)".utf8)
  }

  /// The rows of one transaction: some milliseconds of work.
  private static let maximumRows = 250
  /// The same at the end, when no command waits.
  private static let maximumRowsAtEnd = 10_000
  private static let pauseNanoseconds: Int64 = 1_000_000

  /// How many rows a step of pruning looks at, the time between two steps, and between two walks.
  private static let maximumLookedAt = 500
  private static let stepNanoseconds: Int64 = 1_000_000_000
  private static let restNanoseconds: Int64 = 600_000_000_000

  init(
    _ context: DaemonContext, _ condition: LedgerCondition, on loop: EventLoop,
    backpressure: [UsageBackpressure]
  ) {
    self.loop = loop
    ledger = context.ledger
    limits = context.limits
    self.condition = condition
    clock = context.services.status.clock
    metrics = context.services.status.metrics.writer
    self.backpressure = backpressure
    uses = TokenUses(maximumKeys: limits.usageKeys)
    LoopTimer.every(nanoseconds: limits.usageIntervalNanoseconds, on: loop) { [unowned self] in
      // Not before its own last ones are written, as a worker does.
      if !queue.contains(where: { $0.worker == nil }), let batch = uses.take() {
        receive(batch, from: nil)
      }
    }
    let pruning = LoopTimer(on: loop) { [unowned self] in
      pruneSome() ? Self.stepNanoseconds : Self.restNanoseconds
    }
    pruning.schedule(afterNanoseconds: Self.stepNanoseconds)
  }

  /// Takes the uses that a worker has counted.
  func receive(_ batch: UsageBatch, from worker: Int?) {
    metrics.uncountedUses.add(batch.uncountedCount)
    queue.append((UsageOrder(batch), worker))
    writing.schedule(afterNanoseconds: Self.pauseNanoseconds)
  }

  /// Writes all that is left, at the end.
  func finish() {
    if let batch = uses.take() { receive(batch, from: nil) }
    while writeSome(Self.maximumRowsAtEnd) {}
  }

  /// Writes some rows. Returns whether there are more.
  private func writeSome(_ count: Int) -> Bool {
    guard !queue.isEmpty else { return false }
    let worker = queue[0].worker
    let some = queue[0].batch.takeNext(count)
    if some.isEmpty {
      queue.removeFirst()
      if let worker { backpressure[worker].isPending.store(false, ordering: .releasing) }
      return !queue.isEmpty
    }
    do {
      try ledger.add(some, methods: Self.methods)
      metrics.usageRows.add(UInt64(some.count))
    } catch {
      metrics.droppedUses.add(some.reduce(0) { $0 + $1.callCount })
      // There may be room for changes when there is none for usage.
      if error != .full { condition.failed(error) }
    }
    return true
  }

  /// Removes some old usage. Returns whether there may be more. Nothing is removed while the wall
  /// clock is not believed, as with tokens.
  private func pruneSome() -> Bool {
    let reading = clock.reading()
    if reading.isDoubted { return false }
    do {
      return try ledger.pruneUsage(
        &walk, at: reading.time, retentionDays: limits.usageRetentionDays,
        limit: Self.maximumLookedAt)
    } catch {
      condition.failed(error)
      return false
    }
  }
}

/// Whether the writer has uses of tokens of one worker that it has not written. The worker keeps
/// the next ones until then, in the table that it counts them in, which has a bound.
final class UsageBackpressure: Sendable {
  let isPending = Atomic<Bool>(false)
}
