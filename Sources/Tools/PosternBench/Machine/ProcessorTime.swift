internal import CLinux
internal import Foundation
internal import Glibc

/// Processor time, which a busy machine distorts far less than wall-clock time.
enum ProcessorTime {
  /// The processor time of all threads of a process, in nanoseconds.
  static func nanoseconds(of processID: pid_t) -> Int64 {
    var clock = clockid_t()
    // SAFETY: the call fills `clock`.
    guard unsafe clock_getcpuclockid(processID, &clock) == 0 else { return 0 }
    return read(clock)
  }

  /// The processor time of the calling thread, in nanoseconds.
  static func threadNanoseconds() -> Int64 { read(CLOCK_THREAD_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // SAFETY: the call fills `time`.
    guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// The memory that a process has for itself.
enum ResidentMemory {
  /// Lines of `/proc/PID/status`: the heap and stacks, or what of the mapped ledger and of shared
  /// memory was touched as well.
  enum Kind: String {
    case anonymous = "RssAnon:"
    case all = "VmRSS:"
  }

  static func anonymousKibibytes(of processID: Int32) -> Int {
    kibibytes(.anonymous, of: processID)
  }

  static func kibibytes(_ kind: Kind, of processID: Int32) -> Int {
    let path = "/proc/\(processID)/status"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(kind.rawValue) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
  }
}

/// Which processor runs what: every server on the first that this process may use, this client on
/// the second. With only one processor, nothing is pinned.
enum Affinity {
  /// The mask of `sched_setaffinity`: 1,024 bits, like glibc's `cpu_set_t`.
  private typealias Mask = [CUnsignedLongLong]

  /// The processors of this process when it started.
  static let processors: [Int] = {
    var mask = Mask(repeating: 0, count: 16)
    // SAFETY: the call writes at most the mask's bytes.
    guard unsafe clinux_get_affinity(&mask, UInt(mask.count * 8)) >= 0 else { return [] }
    return (0..<1024).filter { mask[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }()

  static var isPinned: Bool { processors.count > 1 }

  /// Moves the calling thread to the servers' processor. A new child inherits that from its first
  /// instruction on.
  static func pinAsServer() { pin(toPosition: 0) }

  /// Moves the calling thread to the client's processor.
  static func pinAsClient() { pin(toPosition: 1) }

  /// Lets the calling thread, and children that it starts, run on all processors.
  static func unpin() { set(processors) }

  /// Moves the calling thread to the processor at a position, if there are two.
  static func pin(toPosition position: Int) {
    guard isPinned else { return }
    set([processors[position]])
  }

  private static func set(_ processors: [Int]) {
    var mask = Mask(repeating: 0, count: 16)
    for processor in processors { mask[processor / 64] |= 1 << UInt64(processor % 64) }
    // SAFETY: the call reads the mask's bytes.
    _ = unsafe clinux_set_affinity(mask, UInt(mask.count * 8))
  }
}
