/// Why a path can't name a Unix socket.
package enum SocketPathError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path is empty.
  case empty
  /// The path contains a NUL byte, which is not its first.
  case containsNUL(path: String)
  /// The path starts with NUL or `@`: an abstract socket, which no file permission protects.
  case abstract(path: String)
  /// The path has more bytes than the kernel's address holds.
  case tooLong(path: String, byteCount: Int)

  package var description: String {
    switch self {
    case .empty:
      "the socket path is empty: give the path of a file"
    case .containsNUL(let path):
      "the socket path `\(UnixSocketPath.printable(path))` contains a NUL byte"
    case .abstract(let path):
      "`\(UnixSocketPath.printable(path))` names an abstract socket, which any process could open: "
        + "give the path of a file"
    case .tooLong(let path, let byteCount):
      "the socket path `\(path)` has \(byteCount) bytes, and a Unix socket takes "
        + "\(UnixSocketPath.maximumByteCount): choose a shorter path"
    }
  }
}
