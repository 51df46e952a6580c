internal import Platform

/// How long one step of a query may walk through rows: it ends early, and continues in another
/// page, message or turn.
///
/// The clock is looked at once in so many rows, so a step always gets somewhere, and a short walk
/// never depends on the clock.
package struct StepBudget: Sendable {
  private let endNanoseconds: Int64
  private var count = 0
  /// Whether the time was over at the last look.
  package private(set) var isSpent = false

  /// After how many rows the clock is looked at.
  package static let rowsPerLook = 64

  /// For as long as it takes.
  package static let unlimited = StepBudget(endNanoseconds: .max)

  /// Until a time of the monotonic clock.
  package init(endNanoseconds: Int64) { self.endNanoseconds = endNanoseconds }

  /// A budget that ends after `nanoseconds`.
  package init(nanoseconds: Int64) {
    self.init(endNanoseconds: Clock.monotonicNanoseconds() + nanoseconds)
  }

  /// Counts a row that was read, or work that takes as long as reading several.
  package mutating func spend(rows: Int = 1) {
    count += rows
    guard count >= Self.rowsPerLook, !isSpent else { return }
    count = 0
    isSpent = endNanoseconds < .max && Clock.monotonicNanoseconds() >= endNanoseconds
  }
}
