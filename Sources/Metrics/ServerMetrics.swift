internal import Platform
package import RPC
internal import Synchronization

/// Everything that the daemon counts: a part for each thread that counts, and what is rare for all.
package final class ServerMetrics: Sendable {
  package let workers: [WorkerMetrics]
  package let writer = WriterMetrics()
  package let refusals = Refusals()
  package let socketNames = SocketNames()

  package init(workerCount: Int, methodCount: Int) {
    workers = (0..<workerCount).map { _ in WorkerMetrics(methodCount: methodCount) }
  }
}

/// What one worker counts. The worker alone increases; anybody reads.
package final class WorkerMetrics: Sendable {
  /// By the method's index, and at the end the calls of no known method.
  private let methods: [CallMetrics]
  package let receivedBytes = Count()
  package let sentBytes = Count()
  /// What its connections hold for their peers now.
  package let bufferBytes = Count()
  /// The longest turn of its loop so far.
  package let longestTurnNanoseconds = Count()

  package init(methodCount: Int) {
    methods = (0...methodCount).map { _ in CallMetrics() }
  }

  /// The calls of a method; nil for those of no known method.
  package func calls(of method: Int?) -> CallMetrics { methods[method ?? methods.count - 1] }
}

/// What the writer counts.
package final class WriterMetrics: Sendable {
  package static let batchBounds: [UInt64] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
  package static let commitBounds: [UInt64] = [
    50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
    100_000_000, 500_000_000, 2_000_000_000,
  ]

  /// The commands of each transaction.
  package let batchCommands = Histogram(bounds: WriterMetrics.batchBounds)
  /// How long each commit took, its sync included.
  package let commitNanoseconds = Histogram(bounds: WriterMetrics.commitBounds)
  /// The rows of usage that it has written.
  package let usageRows = Count()
  /// The uses of tokens that a thread had no room to count.
  package let uncountedUses = Count()
  /// The uses of tokens that the ledger had no room for.
  package let droppedUses = Count()

  package init() {}
}

/// The calls of one method that one worker has answered.
package final class CallMetrics: Sendable {
  /// From 2 µs to 5 s: a query takes the first few, a durable command those around a millisecond.
  package static let bounds: [UInt64] = [
    2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    10_000_000, 50_000_000, 250_000_000, 1_000_000_000, 5_000_000_000,
  ]

  /// By protocol and status.
  private let counts: InlineArray<34, Count>
  package let durationNanoseconds = Histogram(bounds: CallMetrics.bounds)

  package init() { counts = InlineArray { _ in Count() } }

  /// Counts an answer. Only by the worker.
  package func answered(_ wire: WireProtocol, _ code: StatusCode, nanoseconds: Int64) {
    counts[Self.index(wire, code)].add()
    durationNanoseconds.observe(UInt64(max(0, nanoseconds)))
  }

  /// How many answers had a status on a protocol.
  package func count(_ wire: WireProtocol, _ code: StatusCode) -> UInt64 {
    counts[Self.index(wire, code)].current
  }

  private static func index(_ wire: WireProtocol, _ code: StatusCode) -> Int {
    wire.rawValue * 17 + Int(code.rawValue)
  }
}

/// Connections that were refused, by reason. Reasons are the daemon's own words, so that a peer
/// can't make their number grow. Counted off the request path.
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

/// Counts what becomes of the names of the sockets that are served. By the main thread alone.
package final class SocketNames: Sendable {
  private let missing = Atomic<Int>(0)
  private let boundAnew = Count()

  package init() {}

  /// The sockets whose name is gone, so that nobody can connect.
  package var missingCount: Int { missing.load(ordering: .relaxed) }

  /// How often a socket was bound anew, because its name was gone.
  package var boundAnewCount: UInt64 { boundAnew.current }

  /// Counts sockets whose name is missing from here on, or is there again.
  package func count(missing change: Int) { missing.add(change, ordering: .relaxed) }

  /// Counts a socket that was bound anew.
  package func countBoundAnew() { boundAnew.add() }
}
