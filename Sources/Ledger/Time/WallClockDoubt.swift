/// Follows a wall clock that is looked at again and again: which of its times to take over, and
/// when one that was not believed has held for long enough.
package struct WallClockDoubt: Sendable {
  /// What a look at the wall clock means.
  package enum Outcome: Sendable, Equatable {
    /// It says nothing new.
    case nothing
    /// It is ahead by little: take it over.
    case follow
    /// It agrees with the ledger's time, so that the gap before the start was none.
    case settle
    /// From now on it is not believed.
    case doubt
    /// It was not believed, and is to be taken over now.
    case believe(Reason)
    /// It was not believed, and is not ahead by much any more.
    case ended
  }

  /// Why a wall clock is believed after all.
  package enum Reason: String, Sendable {
    case held = "it has held for an hour"
    case synchronized = "the kernel says that it is synchronized"
  }

  /// A clock that has moved by more in between has not held.
  private static let steadyNanoseconds: Int64 = 10_000_000_000

  /// What the wall clock that is not believed is ahead of CLOCK_BOOTTIME, and since when.
  private var doubted: (offsetNanoseconds: Int64, sinceNanoseconds: Int64)?

  package init() {}

  /// Since when, by CLOCK_BOOTTIME, the wall clock has held that is not believed; nil if it is.
  package var sinceBootNanoseconds: Int64? { doubted?.sinceNanoseconds }

  /// Looks at the clocks.
  ///
  /// - Parameters:
  ///   - reading: as they are.
  ///   - isSynchronized: whether the kernel says that the wall clock is synchronized, which counts
  ///     only while it isn't known how long the machine was off.
  /// - Returns: what they mean, to be acted on before the next look.
  package mutating func look(_ reading: ClockReading, isSynchronized: Bool) -> Outcome {
    guard reading.isDoubted else {
      let wasDoubted = doubted != nil
      doubted = nil
      if wasDoubted { return .ended }
      if reading.aheadNanoseconds > LedgerClock.noticedNanoseconds { return .follow }
      let isNear = reading.aheadNanoseconds >= -LedgerClock.believedNanoseconds
      return reading.hasUnknownGap && (isNear || isSynchronized) ? .settle : .nothing
    }
    if reading.hasUnknownGap, isSynchronized {
      doubted = nil
      return .believe(.synchronized)
    }
    let offset = reading.wallNanoseconds - reading.bootNanoseconds
    guard let present = doubted, abs(offset - present.offsetNanoseconds) <= Self.steadyNanoseconds
    else {
      let isNew = doubted == nil
      doubted = (offset, reading.bootNanoseconds)
      return isNew ? .doubt : .nothing
    }
    let held = reading.bootNanoseconds - present.sinceNanoseconds
    guard held >= LedgerClock.holdingNanoseconds else { return .nothing }
    doubted = nil
    return .believe(.held)
  }
}
