internal import CLinux
internal import Glibc

/// Sends messages to the service manager that started this process: datagrams of `NAME=value` lines
/// to the address in NOTIFY_SOCKET.
package struct NotifySocket: ~Copyable, Sendable {
  private let descriptor: FileDescriptor
  /// The bytes for `sun_path`; an abstract name has its leading NUL.
  private let path: [UInt8]

  /// How long a send waits for a manager that doesn't read. It blocks the caller's thread.
  private static let patienceSeconds = 5

  /// Makes a sender to a path, or to an abstract name written with a leading `@`.
  ///
  /// - Throws: `Errno.invalidArgument` for an address that is neither, or too long.
  package init(address: String) throws(Errno) {
    var path = Array(address.utf8)
    guard let first = path.first, path.count <= UnixSocketPath.maximumByteCount,
      path.count > 1, !path.contains(0)
    else { throw .invalidArgument }
    switch first {
    case UInt8(ascii: "/"): break
    case UInt8(ascii: "@"): path[0] = 0
    default: throw .invalidArgument
    }
    let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let opened = FileDescriptor(owning: try SystemCall.value { socket(AF_UNIX, type, 0) })
    let number = opened.rawValue
    var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
    // SAFETY: the call reads one `timeval`, whose size it is told.
    _ = try SystemCall.value {
      unsafe setsockopt(
        number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    self.path = path
    descriptor = opened
  }

  /// Sends lines of the form `NAME=value`, as one datagram.
  ///
  /// Each send looks the address up again, so it reaches a manager that was restarted.
  ///
  /// - Throws: the kernel's error; `Errno.wouldBlock` if the manager has not read for
  ///   `patienceSeconds`.
  package func send(_ lines: String) throws(Errno) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = path
    // SAFETY: `init` has checked that the path fits, with a NUL after it.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
    let byteCount = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
    let number = descriptor.rawValue
    let bytes = Array(lines.utf8)
    // SAFETY: every address begins as `sockaddr` does; the kernel reads `byteCount` bytes of it and
    // `bytes.count` of the text.
    _ = try SystemCall.value {
      unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe sendto(
            number, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, byteCount)
        }
      }
    }
  }
}

/// How often the service manager expects a watchdog message.
package enum WatchdogPeriod {
  /// Reads the manager's variables.
  ///
  /// - Parameters:
  ///   - microseconds: the value of WATCHDOG_USEC, if it is set.
  ///   - processID: the value of WATCHDOG_PID, if it is set; nil means any process.
  ///   - ownProcessID: this process.
  /// - Returns: the period in nanoseconds: if it passes without a message, the manager ends the
  ///   process. Nil if the manager expects no messages from this process.
  package static func nanoseconds(
    microseconds: String?, processID: String?, ownProcessID: Int32
  ) -> Int64? {
    if let processID, Int32(processID) != ownProcessID { return nil }
    guard let period = microseconds.flatMap({ Int64($0) }), period > 0 else { return nil }
    let (nanoseconds, overflow) = period.multipliedReportingOverflow(by: 1000)
    return overflow ? nil : nanoseconds
  }
}
