internal import CLinux
internal import Glibc

/// The clocks of the system.
package enum Clock {
  /// Nanoseconds since some point in the past, unaffected by changes of the wall clock. Does not
  /// count the time in which the machine sleeps.
  package static func monotonicNanoseconds() -> Int64 {
    read(CLOCK_MONOTONIC)
  }

  /// Nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. It may jump forward or back.
  package static func wallNanoseconds() -> Int64 {
    read(CLOCK_REALTIME)
  }

  /// Nanoseconds since the machine started, including time asleep, unaffected by changes of the
  /// wall clock.
  package static func bootNanoseconds() -> Int64 {
    read(CLOCK_BOOTTIME)
  }

  /// Nanoseconds since some point in the past, by the machine's own oscillator: nothing makes it
  /// run faster or slower. Does not count the time in which the machine sleeps.
  package static func rawMonotonicNanoseconds() -> Int64 {
    read(CLOCK_MONOTONIC_RAW)
  }

  /// Whether the kernel reports the wall clock as synchronized.
  package static var isSynchronized: Bool { clinux_clock_is_synchronized() }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // SAFETY: the call fills `time` and keeps no pointer.
    let result = unsafe clock_gettime(clock, &time)
    precondition(result == 0, "the system has no such clock")
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// Which boot of the machine this is.
package enum BootID {
  package static let byteCount = 16

  /// The kernel's random id of this boot; zeros, which match no boot, if it can't be read.
  package static func read() -> [UInt8] {
    let none = [UInt8](repeating: 0, count: byteCount)
    guard let text = try? SmallFile.read(path: "/proc/sys/kernel/random/boot_id", maximumBytes: 64)
    else { return none }
    var digits: [UInt8] = []
    for character in text {
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(character - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digits.append(character - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "-"), UInt8(ascii: "\n"): continue
      default: return none
      }
    }
    guard digits.count == 2 * byteCount else { return none }
    return (0..<byteCount).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
  }
}
