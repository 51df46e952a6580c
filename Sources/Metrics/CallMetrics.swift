package import RPC

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
