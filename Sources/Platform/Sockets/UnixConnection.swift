internal import CLinux

/// Makes connected Unix stream sockets.
package enum UnixConnection {
  /// Connects to the socket at `path` and gives a blocking descriptor, closed on exec.
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
