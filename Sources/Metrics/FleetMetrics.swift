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
