internal import CLinux

/// Makes connected Unix stream sockets.
package enum UnixConnection {
  /// Connects to the socket at `path` and returns a blocking descriptor, closed on exec.
  ///
  /// Waits while the listener's backlog is full.
  package static func connect(path: String) throws(ConnectError) -> FileDescriptor {
    let socketPath: UnixSocketPath
    do { socketPath = try UnixSocketPath(path) } catch { throw .path(error) }
    do {
      let socket = FileDescriptor(
        owning: try SystemCall.value { () -> Int32 in clinux_unix_socket(false) })
      try socketPath.connect(socket)
      return socket
    } catch {
      throw .failed(path: path, error: error)
    }
  }

  /// Two sockets connected with each other, closed on exec.
  package static func socketPair(nonblocking: Bool = true) throws(Errno) -> SocketPair {
    var descriptors: (Int32, Int32) = (-1, -1)
    // SAFETY: a tuple of two has the layout of an array of two, which the call fills.
    _ = try SystemCall.value {
      unsafe withUnsafeMutableBytes(of: &descriptors) {
        unsafe clinux_unix_socketpair(
          nonblocking, $0.assumingMemoryBound(to: Int32.self).baseAddress)
      }
    }
    return SocketPair(
      first: FileDescriptor(owning: descriptors.0), second: FileDescriptor(owning: descriptors.1))
  }
}

/// Why a client could not connect, and what to do about it.
package enum ConnectError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path can't name a socket.
  case path(SocketPathError)
  /// The kernel refused.
  case failed(path: String, error: Errno)

  package var description: String {
    switch self {
    case .path(let error): error.description
    case .failed(let path, let error): "can't connect to `\(path)`: \(error)\(Self.advice(error))"
    }
  }

  private static func advice(_ error: Errno) -> String {
    switch error {
    case .noSuchFile: ": is the daemon running, and is this its socket?"
    case .connectionRefused: ": no process serves this socket: is the daemon running?"
    case .permissionDenied: ": this user may not open the socket: join the group that owns it"
    default: ""
    }
  }
}

/// Two sockets connected with each other.
package struct SocketPair: ~Copyable, Sendable {
  /// One end.
  package let first: FileDescriptor
  /// The other end.
  package let second: FileDescriptor

  init(first: consuming FileDescriptor, second: consuming FileDescriptor) {
    self.first = first
    self.second = second
  }

  /// Gives the ownership of both ends to `body`.
  package consuming func split<Result: ~Copyable, Failure: Error>(
    _ body: (consuming FileDescriptor, consuming FileDescriptor) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(first, second)
  }
}
