internal import Platform
package import RPC
internal import Synchronization

/// All counts of the daemon: a part for each counting thread, and shared parts for rare events.
package final class ServerMetrics: Sendable {
  package let workers: [WorkerMetrics]
  package let writer = WriterMetrics()
  package let refusals = Refusals()
  package let socketNames = SocketNames()

  package init(workerCount: Int, methodCount: Int) {
    workers = (0..<workerCount).map { _ in WorkerMetrics(methodCount: methodCount) }
  }
}

/// The counts of one worker. Only the worker changes them; any thread may read them.
package final class WorkerMetrics: Sendable {
  /// The metrics of each method, by its index; the last has the calls of unknown methods.
  private let methods: [CallMetrics]
  package let receivedBytes = Count()
  package let sentBytes = Count()
  /// The bytes that its connections now buffer for their peers.
  package let bufferBytes = Count()
  /// The longest turn of its loop so far.
  package let longestTurnNanoseconds = Count()
  /// Answers that clients keep.
  package let kept = KeptMetrics()
  /// What the worker keeps of tokens.
  package let records = RecordMetrics()

  package init(methodCount: Int) {
    methods = (0...methodCount).map { _ in CallMetrics() }
  }

  /// The calls of a method; nil means those of unknown methods.
  package func calls(of method: Int?) -> CallMetrics { methods[method ?? methods.count - 1] }
}

/// The counts of one worker about answers that clients keep.
package final class KeptMetrics: Sendable {
  /// How often the page of counters was handed over.
  package let readers = Count()
  /// The answers about active tokens that clients may keep, and those that they wanted to and must
  /// not.
  package let given = Count()
  package let refused = Count()
  /// The uses that clients have reported.
  package let uses = Count()
  /// The items of reports whose receipts were no good.
  package let refusedItems = Count()

  package init() {}
}

/// The counts of one worker about the tokens that it keeps in memory.
package final class RecordMetrics: Sendable {
  /// The looks at a token that memory served, and those that went to the ledger.
  package let hits = Count()
  package let misses = Count()
  /// The memory that has been used.
  package let bytes = Count()

  package init() {}
}

/// The counts of the writer.
package final class WriterMetrics: Sendable {
  package static let batchBounds: [UInt64] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
  package static let commitBounds: [UInt64] = [
    50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
    100_000_000, 500_000_000, 2_000_000_000,
  ]

  /// The number of commands in each transaction.
  package let batchCommands = Histogram(bounds: WriterMetrics.batchBounds)
  /// How long each commit took, including its sync.
  package let commitNanoseconds = Histogram(bounds: WriterMetrics.commitBounds)
  /// The usage rows that it has written.
  package let usageRows = Count()
  /// The token uses that a thread had no room to count.
  package let uncountedUses = Count()
  /// The token uses that the ledger had no room for.
  package let droppedUses = Count()

  package init() {}
}

/// The calls of one method that one worker has answered.
package final class CallMetrics: Sendable {
  /// From 2 µs to 5 s: queries fall into the first few buckets, durable commands into those around
  /// a millisecond.
  package static let bounds: [UInt64] = [
    2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    10_000_000, 50_000_000, 250_000_000, 1_000_000_000, 5_000_000_000,
  ]

  /// The number of calls, by protocol and status.
  private let counts: InlineArray<51, Count>
  package let durationNanoseconds = Histogram(bounds: CallMetrics.bounds)

  package init() { counts = InlineArray { _ in Count() } }

  /// Counts an answer. Only the worker may call it.
  package func answered(_ wire: WireProtocol, _ code: StatusCode, nanoseconds: Int64) {
    counts[Self.index(wire, code)].add()
    durationNanoseconds.observe(UInt64(max(0, nanoseconds)))
  }

  /// How many answers on a protocol had a status.
  package func count(_ wire: WireProtocol, _ code: StatusCode) -> UInt64 {
    counts[Self.index(wire, code)].current
  }

  private static func index(_ wire: WireProtocol, _ code: StatusCode) -> Int {
    wire.rawValue * 17 + Int(code.rawValue)
  }
}

/// Connections that were refused, by reason. The reasons are the daemon's own texts, so a peer
/// can't increase their number. Not used on the request path.
package final class Refusals: Sendable {
  private let counts = Guarded<[String: UInt64]>([:])

  package init() {}

  package func add(_ reason: String) {
    counts.withLock { counts in counts[reason, default: 0] += 1 }
  }

  /// The counts so far, by reason in alphabetical order.
  package var current: [(reason: String, count: UInt64)] {
    counts.withLock { $0 }.sorted { $0.key < $1.key }.map { (reason: $0.key, count: $0.value) }
  }
}

/// Counts lost and restored names of the served sockets. Only the main thread changes it.
package final class SocketNames: Sendable {
  private let missing = Atomic<Int>(0)
  private let boundAnew = Count()

  package init() {}

  /// The sockets whose name is gone, so that no client can connect.
  package var missingCount: Int { missing.load(ordering: .relaxed) }

  /// How often a socket was bound again because its name was gone.
  package var boundAnewCount: UInt64 { boundAnew.current }

  /// Adds to the number of sockets without a name; negative when names are back.
  package func count(missing change: Int) { missing.add(change, ordering: .relaxed) }

  /// Counts a socket that was bound again.
  package func countBoundAnew() { boundAnew.add() }
}

/// The counts of the thread that follows a fleet. Only that thread changes them; any may read them.
package final class FleetMetrics: Sendable {
  package static let pollBounds: [UInt64] = [
    250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 100_000_000,
    500_000_000, 2_000_000_000, 5_000_000_000,
  ]

  /// How long each poll took, from its sending to its answer.
  package let pollNanoseconds = Histogram(bounds: FleetMetrics.pollBounds)
  /// The batches that this host has appended.
  package let appends = Count()
  /// The batches that were decided anew, because another host was first.
  package let conflicts = Count()
  /// The appends of which no answer said whether they stand.
  package let doubts = Count()

  package init() {}
}
