/// A quantile of lengths of time.
package struct Quantile: Equatable {
  package let seconds: Double
  /// Whether it is longer, in the bucket that has no upper bound.
  package var isLeast = false

  package init(seconds: Double, isLeast: Bool = false) {
    self.seconds = seconds
    self.isLeast = isLeast
  }
}
