/// Observations in buckets, as OpenMetrics defines a histogram: one thread observes, any reads.
package struct Histogram: ~Copyable, Sendable {
  /// The most bounds; one more bucket holds what is above the last.
  package static let mostBounds = 15

  /// What the buckets include, ascending.
  private let bounds: [UInt64]
  private let buckets: InlineArray<16, Count>
  private let total = Count()

  /// Makes an empty histogram.
  package init(bounds: [UInt64]) {
    precondition(bounds.count <= Self.mostBounds, "more bounds than a histogram has room for")
    self.bounds = bounds
    buckets = InlineArray { _ in Count() }
  }

  /// Counts one observation. Only by the thread that owns the histogram.
  package func observe(_ value: UInt64) {
    var index = 0
    let bounds = bounds.span
    while index < bounds.count, value > bounds[index] { index += 1 }
    buckets[index].add()
    total.add(value)
  }

  /// What was observed so far.
  package var reading: HistogramReading {
    var counts: [UInt64] = []
    for index in 0...bounds.count { counts.append(buckets[index].current) }
    return HistogramReading(bounds: bounds, counts: counts, total: total.current)
  }
}
