/// The clock by which a host knows how old its knowledge is: made of two clocks of the system,
/// since neither is enough. CLOCK_MONOTONIC_RAW stands still while the machine sleeps.
/// CLOCK_BOOTTIME does not, but a process that sets the time may slew it by 10 %. Of each stretch
/// between two readings the longer measure counts. Readings that are far apart would not do: a
/// BOOTTIME that was slewed back for hours lies so far behind that a later sleep of minutes is not
/// seen.
///
/// So this clock never runs slower than a crystal, and at most 10 % faster.
package struct HostClock: Sendable, Hashable {
  /// What it showed at the last reading.
  package private(set) var nanoseconds: Int64
  /// What the system's clocks showed then.
  package private(set) var boottimeNanoseconds: Int64
  package private(set) var rawNanoseconds: Int64

  /// A clock that shows `nanoseconds` at a first reading.
  package init(
    nanoseconds: Int64 = 0, boottimeNanoseconds: Int64, rawNanoseconds: Int64
  ) {
    self.nanoseconds = nanoseconds
    self.boottimeNanoseconds = boottimeNanoseconds
    self.rawNanoseconds = rawNanoseconds
  }

  /// What it shows now, by a later reading of both clocks.
  package func time(boottimeNanoseconds: Int64, rawNanoseconds: Int64) -> Int64 {
    nanoseconds
      + max(0, boottimeNanoseconds - self.boottimeNanoseconds, rawNanoseconds - self.rawNanoseconds)
  }

  /// Takes a reading, and returns the time.
  package mutating func read(boottimeNanoseconds: Int64, rawNanoseconds: Int64) -> Int64 {
    nanoseconds = time(boottimeNanoseconds: boottimeNanoseconds, rawNanoseconds: rawNanoseconds)
    self.boottimeNanoseconds = boottimeNanoseconds
    self.rawNanoseconds = rawNanoseconds
    return nanoseconds
  }

  /// Goes on from a reading that another process kept, in the same boot. A sleep and a slew may
  /// both lie in between: the time by which one hides the other is added.
  package mutating func resume(boottimeNanoseconds: Int64, rawNanoseconds: Int64) -> Int64 {
    nanoseconds += max(0, rawNanoseconds - self.rawNanoseconds) / 10
    return read(boottimeNanoseconds: boottimeNanoseconds, rawNanoseconds: rawNanoseconds)
  }
}
