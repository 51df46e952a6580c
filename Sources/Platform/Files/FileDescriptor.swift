internal import CLinux
internal import Glibc

/// A file descriptor with one owner, closed when the owner lets go of it.
package struct FileDescriptor: ~Copyable, Sendable {
  /// The number. It is valid only as long as this value lives.
  package let rawValue: Int32

  /// Takes over an open descriptor. Nobody else may close it from here on.
  package init(owning rawValue: Int32) {
    precondition(rawValue >= 0, "a descriptor is not negative")
    self.rawValue = rawValue
  }

  deinit {
    SystemCall.close(rawValue)
  }

  /// Gives up ownership: the caller closes the descriptor.
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

  /// Tells the peer of a socket that nothing more follows. Reading still works.
  package func shutDownWriting() throws(Errno) {
    let descriptor = rawValue
    _ = try SystemCall.value { shutdown(descriptor, Int32(SHUT_WR)) }
  }

  /// Takes nothing more from the peer of a socket: from now on it can't send. What it has sent
  /// before can still be read.
  package func shutDownReading() throws(Errno) {
    let descriptor = rawValue
    _ = try SystemCall.value { shutdown(descriptor, Int32(SHUT_RD)) }
  }

  /// Waits until the descriptor can be read, or was hung up.
  ///
  /// - Parameter timeoutMilliseconds: how long to wait; nil is forever.
  /// - Returns: false when the time ran out.
  /// - Throws: the kernel's error.
  package func waitUntilReadable(timeoutMilliseconds: Int32?) throws(Errno) -> Bool {
    try wait(for: Int16(POLLIN), timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Waits until the descriptor takes bytes, or was hung up.
  ///
  /// - Parameter timeoutMilliseconds: how long to wait; nil is forever.
  /// - Returns: false when the time ran out.
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
        // SAFETY: one entry, and the count says one.
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
  /// Opens a file to read it from its start. A pipe is waited for, until somebody writes to it.
  package static func opening(_ path: FilePath) throws(Errno) -> FileDescriptor {
    try opening(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
  }

  /// As above, but fails on a symbolic link (`ELOOP`) and waits for nothing, whatever has come to
  /// stand at the path.
  package static func openingInPlace(_ path: FilePath) throws(Errno) -> FileDescriptor {
    try opening(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)
  }

  private static func opening(_ path: FilePath, _ flags: Int32) throws(Errno) -> FileDescriptor {
    // SAFETY: the call reads a terminated string and keeps no pointer.
    let descriptor = try SystemCall.value { unsafe path.withPointer { unsafe open($0, flags) } }
    return FileDescriptor(owning: descriptor)
  }

  /// Opens a file to read and write it, and makes it (mode 0600) where it is missing.
  package static func openingOrMaking(_ path: String) throws(Errno) -> FileDescriptor {
    // SAFETY: the call reads a terminated string.
    FileDescriptor(
      owning: try SystemCall.value {
        unsafe clinux_open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
      })
  }
}
