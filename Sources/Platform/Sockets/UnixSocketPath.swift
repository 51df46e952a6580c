internal import CLinux

/// A path that can name a Unix socket in the file system.
package struct UnixSocketPath: Sendable, Equatable, CustomStringConvertible {
  /// The kernel's limit, without the terminating NUL.
  package static let maximumByteCount = Int(CLINUX_UNIX_PATH_MAXIMUM)

  /// The path as given.
  package let description: String
  private let bytes: [UInt8]

  /// Checks the form of the path only, not the file system.
  package init(_ path: String) throws(SocketPathError) {
    bytes = Array(path.utf8)
    description = path
    guard let first = bytes.first else { throw .empty }
    if first == 0 || first == UInt8(ascii: "@") { throw .abstract(path: path) }
    if bytes.contains(0) { throw .containsNUL(path: path) }
    if bytes.count > Self.maximumByteCount {
      throw .tooLong(path: path, byteCount: bytes.count)
    }
  }

  func bind(_ socket: borrowing FileDescriptor) throws(Errno) {
    let descriptor = socket.rawValue
    // SAFETY: pointer and count are those of one array.
    _ = try SystemCall.value {
      unsafe bytes.withUnsafeBufferPointer {
        unsafe clinux_unix_bind(descriptor, $0.baseAddress, $0.count)
      }
    }
  }

  func connect(_ socket: borrowing FileDescriptor) throws(Errno) {
    let descriptor = socket.rawValue
    // An interrupted connect of a Unix socket has had no effect, so it can be repeated.
    // SAFETY: pointer and count are those of one array.
    _ = try SystemCall.value {
      unsafe bytes.withUnsafeBufferPointer {
        unsafe clinux_unix_connect(descriptor, $0.baseAddress, $0.count)
      }
    }
  }

  static func printable(_ path: String) -> String {
    String(path.map { $0 == "\0" ? "\u{FFFD}" : $0 })
  }
}

/// Why a path can't name a Unix socket.
package enum SocketPathError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path is empty.
  case empty
  /// The path contains a NUL byte after its first byte.
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
