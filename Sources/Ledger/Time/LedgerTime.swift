/// The ledger's time at one moment: what stamps entries, and what ends tokens.
///
/// Normally both are one time. Only after a start of the machine, while it is unknown how long it
/// was off, a token from before is judged by the later of two clocks: it must not live longer than
/// its lifetime, and the wall clock may be right.
package struct LedgerTime: Sendable, Equatable {
  /// In nanoseconds since 1970. It stamps entries, and never goes back.
  package let nanoseconds: Int64
  /// The latest that it may be: `nanoseconds`, or later.
  package let latestNanoseconds: Int64
  /// What was made after this time is judged by `nanoseconds` alone: it was counted without a gap.
  package let countedSinceNanoseconds: Int64

  /// A time that is certain.
  package init(nanoseconds: Int64) {
    self.init(
      nanoseconds: nanoseconds, latestNanoseconds: nanoseconds, countedSinceNanoseconds: .max)
  }

  /// A time that may be later, for what was made up to `countedSinceNanoseconds`.
  package init(nanoseconds: Int64, latestNanoseconds: Int64, countedSinceNanoseconds: Int64) {
    self.nanoseconds = nanoseconds
    self.latestNanoseconds = max(nanoseconds, latestNanoseconds)
    self.countedSinceNanoseconds = countedSinceNanoseconds
  }

  /// The time by which the end of something is judged that was made, or got this end, at a time.
  package func judging(madeAtNanoseconds made: Int64) -> Int64 {
    made > countedSinceNanoseconds ? nanoseconds : latestNanoseconds
  }

  /// This time, but not before `least`.
  package func atLeast(_ least: Int64) -> LedgerTime {
    guard nanoseconds < least else { return self }
    return LedgerTime(
      nanoseconds: least, latestNanoseconds: latestNanoseconds,
      countedSinceNanoseconds: countedSinceNanoseconds)
  }
}
