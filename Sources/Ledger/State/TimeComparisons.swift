/// What an answer has compared the time with. The state collects it while it is asked, so that an
/// answer which is kept ends with the first of these, whatever has been compared.
package final class TimeComparisons {
  /// The earliest of them that is still to come, in nanoseconds since 1970; `Int64.max` for none.
  package private(set) var earliestEndNanoseconds = Int64.max
  /// Whether the answer may be used for another call than its own.
  package private(set) var mayBeKept = true

  func reset() {
    earliestEndNanoseconds = .max
    mayBeKept = true
  }

  /// The answer would be another from this time on.
  package func note(endNanoseconds end: Int64) {
    earliestEndNanoseconds = min(earliestEndNanoseconds, end)
  }

  /// The answer is for this call alone.
  package func refuseKeeping() { mayBeKept = false }
}
