/// Why no listener could be made, and what to do about it.
package enum ListenError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path can't name a socket.
  case path(SocketPathError)
  /// Something that isn't a socket is at the path. It is left alone.
  case notASocket(path: String)
  /// A process answers at the path. Its number is nil where the kernel doesn't tell.
  case served(path: String, processID: Int32?)
  /// A call failed; `operation` says what was tried.
  case failed(operation: String, path: String, error: Errno)

  package var description: String {
    switch self {
    case .path(let error):
      error.description
    case .notASocket(let path):
      "`\(path)` exists and is not a socket: move it away or choose another path"
    case .served(let path, let processID?):
      "another process (\(processID)) is serving `\(path)`: stop it or choose another path"
    case .served(let path, nil):
      "another process is serving `\(path)`: stop it or choose another path"
    case .failed(let operation, let path, let error):
      "cannot \(operation) `\(path)`: \(error)\(Self.advice(error))"
    }
  }

  private static func advice(_ error: Errno) -> String {
    switch error {
    case .noSuchFile: ": create its folder first"
    case .notADirectory: ": a part of the path is not a folder"
    case .permissionDenied, .notPermitted:
      ": let this user write to the folder, or choose another path"
    case .addressInUse: ": another process was faster"
    case .readOnlyFileSystem: ": choose a path on a writable file system"
    default: ""
    }
  }
}
