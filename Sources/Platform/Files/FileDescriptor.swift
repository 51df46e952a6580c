internal import CLinux
internal import Glibc

/// A file descriptor with one owner; `deinit` closes it.
package struct FileDescriptor: ~Copyable, Sendable {
  /// The number. It is valid only as long as this value lives.
  package let rawValue: Int32

  /// Takes over an open descriptor. No other code may close it afterwards.
  package init(owning rawValue: Int32) {
    precondition(rawValue >= 0, "a descriptor is not negative")
    self.rawValue = rawValue
  }

  deinit {
    SystemCall.close(rawValue)
  }

  /// Gives up ownership: the caller must close the descriptor.
  package consuming func release() -> Int32 {
    let descriptor = rawValue
    discard self
    return descriptor
  }

  /// Sets or clears `O_NONBLOCK`.
  package func setNonblocking(_ nonblocking: Bool) throws(Errno) {
    let descriptor = rawValue
    _ = try SystemCall.value { clinux_set_nonblocking(descriptor, nonblocking) }
  }

  /// Tells the peer of a socket that no more bytes follow. Reading still works.
  package func shutDownWriting() throws(Errno) {
    let descriptor = rawValue
    _ = try SystemCall.value { shutdown(descriptor, Int32(SHUT_WR)) }
  }

  /// Ends receiving on a socket: the peer can't send any more. Bytes that it has already sent can
  /// still be read.
  package func shutDownReading() throws(Errno) {
    let descriptor = rawValue
    _ = try SystemCall.value { shutdown(descriptor, Int32(SHUT_RD)) }
  }

  /// Waits until the descriptor can be read, or was hung up.
  ///
  /// - Parameter timeoutMilliseconds: how long to wait; nil means no timeout.
  /// - Returns: false at the timeout.
  /// - Throws: the kernel's error.
  package func waitUntilReadable(timeoutMilliseconds: Int32?) throws(Errno) -> Bool {
    try wait(for: Int16(POLLIN), timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Waits until the descriptor takes bytes, or was hung up.
  ///
  /// - Parameter timeoutMilliseconds: how long to wait; nil means no timeout.
  /// - Returns: false at the timeout.
  /// - Throws: the kernel's error.
  package func waitUntilWritable(timeoutMilliseconds: Int32?) throws(Errno) -> Bool {
    try wait(for: Int16(POLLOUT), timeoutMilliseconds: timeoutMilliseconds)
  }

  private func wait(for events: Int16, timeoutMilliseconds: Int32?) throws(Errno) -> Bool {
    var remaining = max(0, timeoutMilliseconds ?? 0)
    let begin = Clock.monotonicNanoseconds()
    while true {
      var entry = pollfd(fd: rawValue, events: events, revents: 0)
      let timeout = timeoutMilliseconds == nil ? -1 : remaining
      do {
        // SAFETY: one entry, and the count is one.
        return try SystemCall.valueOnce { unsafe poll(&entry, 1, timeout) } > 0
      } catch {
        guard error == .interrupted else { throw error }
      }
      let passed = (Clock.monotonicNanoseconds() - begin) / 1_000_000
      remaining = Int32(max(0, Int64(timeoutMilliseconds ?? 0) - passed))
    }
  }
}

extension FileDescriptor {
  /// Opens a file for reading. For a pipe, waits until a process opens it for writing.
  package static func opening(_ path: FilePath) throws(Errno) -> FileDescriptor {
    try opening(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
  }

  /// As above, but fails on a symbolic link (`ELOOP`) and never waits, whatever is at the path.
  package static func openingInPlace(_ path: FilePath) throws(Errno) -> FileDescriptor {
    try opening(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)
  }

  private static func opening(_ path: FilePath, _ flags: Int32) throws(Errno) -> FileDescriptor {
    // SAFETY: the call reads a terminated string and keeps no pointer.
    let descriptor = try SystemCall.value { unsafe path.withPointer { unsafe open($0, flags) } }
    return FileDescriptor(owning: descriptor)
  }

  /// Opens a file for reading and writing, and creates it (mode 0600) if it is missing.
  package static func openingOrMaking(_ path: String) throws(Errno) -> FileDescriptor {
    // SAFETY: the call reads a terminated string.
    FileDescriptor(
      owning: try SystemCall.value {
        unsafe clinux_open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
      })
  }
}
