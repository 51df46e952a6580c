internal import CLinux
internal import Glibc

extension UnixListener {
  /// Removes a socket that an ended process left behind, and throws for anything else at the path.
  static func removeStale(_ socketPath: UnixSocketPath) throws(ListenError) {
    let path = socketPath.description
    let found: FileStatus
    do { found = try FileStatus(path: path) } catch {
      if error == .noSuchFile { return }
      throw .failed(operation: "look at", path: path, error: error)
    }
    guard found.isSocket else { throw .notASocket(path: path) }
    guard try isStale(socketPath) else { return }
    do {
      // SAFETY: the call reads a terminated string.
      _ = try SystemCall.value { unsafe unlink(path) }
    } catch {
      if error == .noSuchFile { return }
      throw .failed(operation: "remove the stale socket", path: path, error: error)
    }
  }

  /// Connects to the path, and throws if a process serves it. False if the name is gone.
  private static func isStale(_ socketPath: UnixSocketPath) throws(ListenError) -> Bool {
    let path = socketPath.description
    let probe = FileDescriptor(
      owning: try attempt("create a socket for", path: path) { () throws(Errno) in
        try SystemCall.value { clinux_unix_socket(true) }
      })
    do {
      try socketPath.connect(probe)
    } catch {
      switch error {
      case .connectionRefused: return true
      case .noSuchFile: return false
      // A full backlog, or a socket of another type: a process has it open.
      case .wouldBlock, .wrongSocketType: throw .served(path: path, processID: nil)
      default: throw .failed(operation: "find out who serves", path: path, error: error)
      }
    }
    let processID = (try? PeerCredentials(of: probe))?.processID
    throw .served(path: path, processID: processID == 0 ? nil : processID)
  }

  /// The steps after a bind. The caller removes the name if they fail.
  static func finish(
    _ socket: Int32, path: String, mode: UInt32, backlog: Int32
  ) throws(ListenError) -> FileStatus.Identity {
    let bound = try attempt("look at", path: path) { () throws(Errno) in try FileStatus(path: path)
    }
    if bound.permissions != mode {
      _ = try attempt("set the mode of", path: path) { () throws(Errno) in
        // SAFETY: the call reads a terminated string.
        try SystemCall.value { unsafe chmod(path, mode) }
      }
    }
    _ = try attempt("listen at", path: path) { () throws(Errno) in
      try SystemCall.value { listen(socket, backlog) }
    }
    return bound.identity
  }

  /// Adds the operation and the path to an error of `body`.
  static func attempt<Result>(
    _ operation: String, path: String, _ body: () throws(Errno) -> Result
  ) throws(ListenError) -> Result {
    do {
      return try body()
    } catch {
      throw .failed(operation: operation, path: path, error: error)
    }
  }
}
