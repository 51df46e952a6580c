internal import Platform

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
