/// One look at the ledger's clock and at the wall clock beside it.
package struct ClockReading: Sendable {
  package let time: LedgerTime
  /// The wall clock, in nanoseconds since 1970.
  package let wallNanoseconds: Int64
  /// CLOCK_BOOTTIME.
  package let bootNanoseconds: Int64
  let doubtedSinceNanoseconds: Int64

  /// How far the wall clock is ahead of the ledger's time; negative when it is behind.
  package var aheadNanoseconds: Int64 { wallNanoseconds - time.nanoseconds }

  /// Whether the wall clock is too far ahead to be followed.
  package var isDoubted: Bool { aheadNanoseconds > LedgerClock.believedNanoseconds }

  /// Whether it isn't known how long the machine was off before the clock was started.
  package var hasUnknownGap: Bool { time.countedSinceNanoseconds != LedgerClock.never }

  /// When the wall clock will be believed if it holds, in the ledger's time; nil if it is now.
  package var believedAtNanoseconds: Int64? {
    guard isDoubted else { return nil }
    let since = min(doubtedSinceNanoseconds, bootNanoseconds)
    return time.nanoseconds + LedgerClock.holdingNanoseconds - (bootNanoseconds - since)
  }
}
