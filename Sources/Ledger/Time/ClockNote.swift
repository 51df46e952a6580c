/// What is noted of the clock beside a ledger.
package struct ClockNote: Sendable, Equatable {
  /// The ledger's time.
  package let nanoseconds: Int64
  /// CLOCK_BOOTTIME at that time, and of which boot of the machine it is.
  package let bootNanoseconds: Int64
  package let bootID: [UInt8]
  /// See `LedgerTime`.
  package let countedSinceNanoseconds: Int64
  /// What was taken over of the wall clock by small steps, in this boot.
  package let steps: FollowedSteps
  /// The wall clock that is not believed, in this boot; nil if it is.
  package let doubt: WallClockDoubt.Held?

  package init(
    nanoseconds: Int64, bootNanoseconds: Int64, bootID: [UInt8],
    countedSinceNanoseconds: Int64 = .max, steps: FollowedSteps = FollowedSteps(),
    doubt: WallClockDoubt.Held? = nil
  ) {
    self.nanoseconds = nanoseconds
    self.bootNanoseconds = bootNanoseconds
    self.bootID = bootID
    self.countedSinceNanoseconds = countedSinceNanoseconds
    self.steps = steps
    self.doubt = doubt
  }

  /// What is to be noted at a reading.
  package init(_ reading: ClockReading, bootID: [UInt8]) {
    self.init(
      nanoseconds: reading.time.nanoseconds, bootNanoseconds: reading.bootNanoseconds,
      bootID: bootID, countedSinceNanoseconds: reading.time.countedSinceNanoseconds,
      steps: reading.steps, doubt: reading.doubt)
  }

  /// What is to be noted before the wall clock of a reading is followed.
  package init(following reading: ClockReading, bootID: [UInt8]) {
    self.init(
      nanoseconds: reading.wallNanoseconds, bootNanoseconds: reading.bootNanoseconds,
      bootID: bootID, steps: reading.stepsAfterFollowing)
  }

  /// Whether it is of the same boot as another, and of a clock that was less far ahead.
  func isBehind(_ other: ClockNote) -> Bool {
    isOfBoot(other.bootID)
      && nanoseconds - bootNanoseconds < other.nanoseconds - other.bootNanoseconds
  }

  /// Zeros stand for a boot that is not known.
  func isOfBoot(_ id: [UInt8]) -> Bool { bootID == id && id.contains { $0 != 0 } }
}
