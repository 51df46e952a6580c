/// What a histogram held when it was read; those of several threads can be joined.
package struct HistogramReading: Sendable, Equatable {
  /// What each bucket but the last includes, ascending.
  package let bounds: [UInt64]
  /// How many observations fell into each bucket, those above the last bound at the end.
  package private(set) var counts: [UInt64]
  /// The sum of what was observed.
  package private(set) var total: UInt64

  package init(bounds: [UInt64], counts: [UInt64], total: UInt64) {
    self.bounds = bounds
    self.counts = counts
    self.total = total
  }

  /// How many observations there are.
  package var count: UInt64 { counts.reduce(0, +) }

  /// Adds the observations of a histogram of the same bounds.
  package mutating func join(_ other: HistogramReading) {
    precondition(bounds == other.bounds, "histograms of other bounds can't be joined")
    for index in counts.indices { counts[index] += other.counts[index] }
    total += other.total
  }
}
