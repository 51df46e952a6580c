/// The clock by which a host knows how old its knowledge is: made of two clocks of the system, since
/// neither is enough. CLOCK_MONOTONIC_RAW stands still while the machine sleeps. CLOCK_BOOTTIME does
/// not, but whoever sets the time may slew it by 10 %. Of each stretch between two readings the
/// longer measure counts. Readings that are far apart would not do: a BOOTTIME that was slewed back
/// for hours lies so far behind that a later sleep of minutes is not seen.
///
/// So this clock never runs slower than a crystal, and at most 10 % faster.
package struct HostClock: Sendable {
  /// What it showed at the last reading.
  package private(set) var nanoseconds: Int64
  private var boottimeNanoseconds: Int64
  private var rawNanoseconds: Int64

  /// Begins at `boottimeNanoseconds`, so that a later process of the same boot goes on near it.
  package init(boottimeNanoseconds: Int64, rawNanoseconds: Int64) {
    nanoseconds = boottimeNanoseconds
    self.boottimeNanoseconds = boottimeNanoseconds
    self.rawNanoseconds = rawNanoseconds
  }

  /// Takes a reading of both clocks, which is later than the last, and returns the time.
  package mutating func read(boottimeNanoseconds: Int64, rawNanoseconds: Int64) -> Int64 {
    nanoseconds += max(
      0, boottimeNanoseconds - self.boottimeNanoseconds, rawNanoseconds - self.rawNanoseconds)
    self.boottimeNanoseconds = boottimeNanoseconds
    self.rawNanoseconds = rawNanoseconds
    return nanoseconds
  }
}
