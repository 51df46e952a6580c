internal import CLinux
internal import Glibc

/// The clocks of the system.
package enum Clock {
  /// Nanoseconds since some point in the past, unaffected by changes of the wall clock. It stands
  /// still while the machine sleeps.
  package static func monotonicNanoseconds() -> Int64 {
    read(CLOCK_MONOTONIC)
  }

  /// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds left out. It may jump either way.
  package static func wallNanoseconds() -> Int64 {
    read(CLOCK_REALTIME)
  }

  /// Nanoseconds since the machine was started, those in which it slept included, unaffected by
  /// changes of the wall clock.
  package static func bootNanoseconds() -> Int64 {
    read(CLOCK_BOOTTIME)
  }

  /// Whether the kernel says that something keeps the wall clock right.
  package static var isSynchronized: Bool { clinux_clock_is_synchronized() }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // SAFETY: the call fills `time` and keeps no pointer.
    let result = unsafe clock_gettime(clock, &time)
    precondition(result == 0, "the system has no such clock")
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
