/// Why a client could not connect, and what to do about it.
package enum ConnectError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path can't name a socket.
  case path(SocketPathError)
  /// The kernel refused.
  case failed(path: String, error: Errno)

  package var description: String {
    switch self {
    case .path(let error): error.description
    case .failed(let path, let error): "cannot connect to `\(path)`: \(error)\(Self.advice(error))"
    }
  }

  private static func advice(_ error: Errno) -> String {
    switch error {
    case .noSuchFile: ": is the daemon running, and is this its socket?"
    case .connectionRefused: ": nobody serves this socket: is the daemon running?"
    case .permissionDenied: ": this user may not open the socket: join the group that owns it"
    default: ""
    }
  }
}
