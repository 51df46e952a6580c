/// Why a wait is over.
package enum WaitOutcome {
  /// The time has come.
  case elapsed
  /// The person at the terminal wants no more.
  case ended
  /// The screen must be drawn again: it has another size, or others have written to it.
  case disturbed
}
