/// One look at the ledger's clock and at the wall clock beside it.
package struct ClockReading: Sendable {
  package let time: LedgerTime
  /// What the wall clock shows, in nanoseconds since 1970.
  package let shownNanoseconds: Int64
  /// What it says of the ledger's time: what it shows; while it isn't known how long the machine
  /// was off, and what the ledger's time was ahead of it before.
  package let wallNanoseconds: Int64
  /// CLOCK_BOOTTIME.
  package let bootNanoseconds: Int64
  let doubtedSinceNanoseconds: Int64

  /// How far the wall clock is ahead of the ledger's time; negative when it is behind.
  package var offsetNanoseconds: Int64 { shownNanoseconds - time.nanoseconds }

  /// The same by what the wall clock says.
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

  /// What the ledger's time is ahead of the wall clock, for a note.
  var lagNanoseconds: Int64 {
    hasUnknownGap ? wallNanoseconds - shownNanoseconds : max(0, -offsetNanoseconds)
  }
}
