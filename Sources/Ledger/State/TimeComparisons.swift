/// What an answer has compared the time with. The state collects it while it is asked, so that an
/// answer which is kept ends with the first of these, whatever has been compared.
package final class TimeComparisons {
  /// The earliest of them that is still to come, in nanoseconds since 1970; `Int64.max` for none.
  package var earliestEndNanoseconds: Int64 { earliest }
  /// Whether the answer may be used for another call than its own.
  package var mayBeKept: Bool { !isForOneCall }

  private var earliest = Int64.max
  private var isForOneCall = false

  func reset() {
    earliest = .max
    isForOneCall = false
  }

  /// The answer would be another from this time on.
  package func note(endNanoseconds end: Int64) {
    if end < earliest { earliest = end }
  }

  /// The answer is for this call alone.
  package func refuseKeeping() { isForOneCall = true }
}
