/// A clock that never runs slower than time does, for promises that end: the later of
/// CLOCK_BOOTTIME, which counts while the machine sleeps but which NTP may slow down, by up to 8 %
/// while it slews, and of CLOCK_MONOTONIC_RAW, which sleeps but which nothing slows down.
///
/// Times of it are nanoseconds of this boot of the machine. Another process has to be given the
/// `lead` to compare them.
package struct HostClock: Sendable {
  /// What CLOCK_MONOTONIC_RAW lacks to this clock, from its start on.
  package let lead: Int64

  /// Starts with CLOCK_BOOTTIME. With the lead of a clock that ran before, in the same boot, it
  /// goes on from there.
  package init(lead: Int64? = nil) {
    let raw = Clock.rawMonotonicNanoseconds()
    let present = Clock.bootNanoseconds() - raw
    self.lead = max(lead ?? present, present)
  }

  /// The time.
  package func read() -> Int64 {
    max(Clock.bootNanoseconds(), Clock.rawMonotonicNanoseconds() + lead)
  }
}
