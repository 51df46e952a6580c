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

/// The boot of the machine to which the times of this process belong, and its time namespace, in
/// which two of the clocks are shifted.
package enum BootID {
  package static let byteCount = 16

  /// The kernel's random id of this boot, mixed with what the namespace's clocks are ahead; zeros,
  /// which match no boot, if the id can't be read.
  package static func read() -> [UInt8] {
    guard let text = try? SmallFile.read(path: "/proc/sys/kernel/random/boot_id", maximumBytes: 64)
    else { return [UInt8](repeating: 0, count: byteCount) }
    // Kernels without such namespaces have no such file.
    let offsets = try? SmallFile.read(path: "/proc/self/timens_offsets", maximumBytes: 256)
    return id(ofBoot: text, timeOffsets: offsets ?? [])
  }

  /// The id by the texts of the kernel. `timeOffsets` has a line for each clock: its name, seconds
  /// and nanoseconds.
  package static func id(ofBoot text: [UInt8], timeOffsets: [UInt8]) -> [UInt8] {
    let none = [UInt8](repeating: 0, count: byteCount)
    guard var bytes = bytes(ofHexadecimal: text) else { return none }
    for line in timeOffsets.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " ")).map {
        String(decoding: $0, as: UTF8.self)
      }
      guard words.count == 3, let seconds = Int64(words[1]), let nanoseconds = Int64(words[2])
      else {
        return none
      }
      let offset = seconds &* 1_000_000_000 &+ nanoseconds
      let start = words[0] == "boottime" ? 8 : 0
      for index in 0..<8 {
        bytes[start + index] ^= UInt8(truncatingIfNeeded: offset >> (8 * index))
      }
    }
    return bytes
  }

  private static func bytes(ofHexadecimal text: [UInt8]) -> [UInt8]? {
    var digits: [UInt8] = []
    for character in text {
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(character - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digits.append(character - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "-"), UInt8(ascii: "\n"): continue
      default: return nil
      }
    }
    guard digits.count == 2 * byteCount else { return nil }
    return (0..<byteCount).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
  }
}
