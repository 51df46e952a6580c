/// How far the ledger's time has followed the wall clock recently, by steps that were each small
/// enough to be followed. Without a bound, a clock that is set a little ahead again and again could
/// move the ledger's time anywhere.
///
/// It counts by hours: the steps of this hour and the one before must not exceed the largest single
/// step.
package struct FollowedSteps: Sendable, Equatable {
  /// When this hour began, by CLOCK_BOOTTIME.
  package private(set) var begunNanoseconds: Int64
  package private(set) var thisHourNanoseconds: Int64
  package private(set) var hourBeforeNanoseconds: Int64

  /// The most that is taken over within an hour.
  package static let maximumNanoseconds = LedgerClock.believedNanoseconds
  private static let hourNanoseconds: Int64 = 3_600_000_000_000

  package init(
    begunNanoseconds: Int64 = 0, thisHourNanoseconds: Int64 = 0, hourBeforeNanoseconds: Int64 = 0
  ) {
    self.begunNanoseconds = begunNanoseconds
    self.thisHourNanoseconds = thisHourNanoseconds
    self.hourBeforeNanoseconds = hourBeforeNanoseconds
  }

  /// How much may be taken over at a time of CLOCK_BOOTTIME.
  func room(bootNanoseconds boot: Int64) -> Int64 {
    let now = begun(by: boot)
    return max(0, Self.maximumNanoseconds - now.thisHourNanoseconds - now.hourBeforeNanoseconds)
  }

  /// Notes that the clock follows a step of `nanoseconds`.
  mutating func take(_ nanoseconds: Int64, bootNanoseconds boot: Int64) {
    self = begun(by: boot)
    thisHourNanoseconds += nanoseconds
  }

  /// With the hour begun that it is by then.
  private func begun(by boot: Int64) -> FollowedSteps {
    let passed = boot - begunNanoseconds
    if passed >= 0, passed < Self.hourNanoseconds { return self }
    let isNext = passed >= 0 && passed < 2 * Self.hourNanoseconds
    return FollowedSteps(
      begunNanoseconds: boot, hourBeforeNanoseconds: isNext ? thisHourNanoseconds : 0)
  }
}
