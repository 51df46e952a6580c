internal import Platform

/// One look at the ledger's clock and at the wall clock beside it.
package struct ClockReading: Sendable {
  package let time: LedgerTime
  /// The wall clock, in nanoseconds since 1970.
  package let wallNanoseconds: Int64
  /// CLOCK_BOOTTIME.
  package let bootNanoseconds: Int64
  /// What was taken over of the wall clock by small steps.
  let steps: FollowedSteps
  /// The wall clock that is not believed, as the watch saw it last; nil if it is.
  let doubt: WallClockDoubt.Held?

  init(
    time: LedgerTime, wallNanoseconds: Int64, bootNanoseconds: Int64,
    steps: FollowedSteps = FollowedSteps(), doubt: WallClockDoubt.Held? = nil
  ) {
    self.time = time
    self.wallNanoseconds = wallNanoseconds
    self.bootNanoseconds = bootNanoseconds
    self.steps = steps
    self.doubt = doubt
  }

  /// How far the wall clock is ahead of the ledger's time; negative when it is behind.
  package var aheadNanoseconds: Int64 { wallNanoseconds - time.nanoseconds }

  /// Whether the wall clock is too far ahead to be followed, of late or at once.
  package var isDoubted: Bool {
    let most = steps.room(bootNanoseconds: bootNanoseconds)
    return aheadNanoseconds > max(most, LedgerClock.noticedNanoseconds)
  }

  /// Whether it isn't known how long the machine was off before the clock was started.
  package var hasUnknownGap: Bool { time.countedSinceNanoseconds != LedgerClock.never }

  /// When the wall clock will be believed if it holds, in the ledger's time; nil if it is now.
  package var believedAtNanoseconds: Int64? {
    guard isDoubted else { return nil }
    let since = min(doubt?.sinceNanoseconds ?? bootNanoseconds, bootNanoseconds)
    return time.nanoseconds + LedgerClock.holdingNanoseconds - (bootNanoseconds - since)
  }

  /// The steps with this one, if it is small: one that is believed for another reason does not
  /// count.
  var stepsAfterFollowing: FollowedSteps {
    var steps = steps
    if !isDoubted { steps.take(max(0, aheadNanoseconds), bootNanoseconds: bootNanoseconds) }
    return steps
  }
}

/// The machine's clocks at one moment.
package struct ClockSituation: Sendable, Equatable {
  /// The wall clock, in nanoseconds since 1970.
  package let wallNanoseconds: Int64
  /// CLOCK_BOOTTIME.
  package let bootNanoseconds: Int64
  /// Which boot of the machine this is; 16 bytes.
  package let bootID: [UInt8]
  /// Whether the kernel says that the wall clock is synchronized.
  package let isSynchronized: Bool

  package init(
    wallNanoseconds: Int64, bootNanoseconds: Int64, bootID: [UInt8], isSynchronized: Bool = false
  ) {
    self.wallNanoseconds = wallNanoseconds
    self.bootNanoseconds = bootNanoseconds
    self.bootID = bootID
    self.isSynchronized = isSynchronized
  }

  /// As they are now.
  package static func now() -> ClockSituation {
    let wall = Clock.wallNanoseconds()
    return ClockSituation(
      wallNanoseconds: wall, bootNanoseconds: Clock.bootNanoseconds(), bootID: BootID.read(),
      isSynchronized: Clock.isSynchronized)
  }
}
