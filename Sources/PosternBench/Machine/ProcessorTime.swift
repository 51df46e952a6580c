internal import Glibc

/// Processor time, which a busy machine disturbs far less than the time of the clock.
enum ProcessorTime {
  /// What the process has used on all its threads, in nanoseconds.
  static func nanoseconds(of processID: pid_t) -> Int64 {
    var clock = clockid_t()
    // SAFETY: the call fills `clock`.
    guard unsafe clock_getcpuclockid(processID, &clock) == 0 else { return 0 }
    return read(clock)
  }

  /// What the calling thread has used, in nanoseconds.
  static func threadNanoseconds() -> Int64 { read(CLOCK_THREAD_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // SAFETY: the call fills `time`.
    guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
