internal import Synchronization

/// Observations in buckets, as OpenMetrics defines a histogram: one thread observes, any thread
/// reads.
package struct Histogram: ~Copyable, Sendable {
  /// The most bounds. One more bucket holds the observations above the last bound.
  package static let maximumBounds = 15

  /// The inclusive upper bounds of the buckets, ascending.
  private let bounds: [UInt64]
  private let buckets: InlineArray<16, Count>
  private let total = Count()

  /// Makes an empty histogram.
  package init(bounds: [UInt64]) {
    precondition(bounds.count <= Self.maximumBounds, "more bounds than a histogram has room for")
    self.bounds = bounds
    buckets = InlineArray { _ in Count() }
  }

  /// Counts one observation. Only the thread that owns the histogram may call it.
  package func observe(_ value: UInt64) {
    var index = 0
    let bounds = bounds.span
    while index < bounds.count, value > bounds[index] { index += 1 }
    buckets[index].add()
    total.add(value)
  }

  /// The observations so far.
  package var reading: HistogramReading {
    var counts: [UInt64] = []
    for index in 0...bounds.count { counts.append(buckets[index].current) }
    return HistogramReading(bounds: bounds, counts: counts, total: total.current)
  }
}

/// The contents of a histogram when it was read. Readings of several threads can be joined.
package struct HistogramReading: Sendable, Equatable {
  /// The inclusive upper bound of each bucket but the last, ascending.
  package let bounds: [UInt64]
  /// How many observations are in each bucket; the last has those above the last bound.
  package private(set) var counts: [UInt64]
  /// The sum of the observed values.
  package private(set) var total: UInt64

  package init(bounds: [UInt64], counts: [UInt64], total: UInt64) {
    self.bounds = bounds
    self.counts = counts
    self.total = total
  }

  /// How many observations there are.
  package var count: UInt64 { counts.reduce(0, +) }

  /// Adds the observations of a histogram with the same bounds.
  package mutating func join(_ other: HistogramReading) {
    precondition(bounds == other.bounds, "histograms of other bounds can't be joined")
    for index in counts.indices { counts[index] += other.counts[index] }
    total += other.total
  }
}

/// A number that one thread changes and any thread reads.
///
/// A change is a load and a store, not an atomic exchange: each count has one writer, so the
/// request path pays no more than for a plain variable.
package struct Count: ~Copyable, Sendable {
  private let value = Atomic<UInt64>(0)

  package init() {}

  /// The number so far.
  package var current: UInt64 { value.load(ordering: .relaxed) }

  /// Increases the number. Only the thread that owns the count may call it.
  package func add(_ amount: UInt64 = 1) {
    value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// Sets a number that can also decrease. Only the thread that owns the count may call it.
  package func set(_ number: UInt64) { value.store(number, ordering: .relaxed) }
}
