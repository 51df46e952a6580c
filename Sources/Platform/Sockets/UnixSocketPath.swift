internal import CLinux

/// A path that can name a Unix socket in the file system.
package struct UnixSocketPath: Sendable, Equatable, CustomStringConvertible {
  /// The kernel's limit, the terminating NUL not counted.
  package static let maximumByteCount = Int(CLINUX_UNIX_PATH_MAXIMUM)

  /// The path as given.
  package let description: String
  private let bytes: [UInt8]

  /// Checks the path's form; the file system is not asked.
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
    // An interrupted connect of a Unix socket has done nothing yet, so repeating it is right.
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
