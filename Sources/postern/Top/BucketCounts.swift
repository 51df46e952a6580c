/// A histogram as it is exposed: how many observations are at most each bound.
package struct BucketCounts: Equatable {
  /// By bound; the last bound is infinite and so counts all.
  private var counts: [Double: Double] = [:]

  package init() {}

  /// Adds observations of at most `bound`.
  package mutating func add(_ count: Double, atMost bound: Double) {
    counts[bound, default: 0] += count
  }

  /// Adds the observations of a histogram of the same bounds.
  mutating func join(_ other: BucketCounts) {
    for (bound, count) in other.counts { add(count, atMost: bound) }
  }

  /// What was observed after `older` was read. Nothing is less than none.
  package func since(_ older: BucketCounts) -> BucketCounts {
    var difference = BucketCounts()
    for (bound, count) in counts {
      difference.add(max(0, count - older.counts[bound, default: 0]), atMost: bound)
    }
    return difference
  }

  /// How many observations there are.
  package var total: Double { counts[.infinity, default: 0] }

  /// A quantile between the bounds of its bucket, taken as evenly filled; nil without observations.
  package func quantile(_ fraction: Double) -> Quantile? {
    let rank = fraction * total
    guard total > 0 else { return nil }
    var (low, below) = (0.0, 0.0)
    for (bound, count) in counts.sorted(by: { $0.key < $1.key }) {
      if count >= rank, count > below {
        guard bound.isFinite else { break }
        return Quantile(seconds: low + (bound - low) * (rank - below) / (count - below))
      }
      (low, below) = (bound, count)
    }
    return Quantile(seconds: low, isLeast: true)
  }
}
