internal import CLinux
internal import Glibc

/// A listening Unix stream socket with a name in the file system.
///
/// - The name never has a wider mode than requested. Linux creates it with the mode of the unbound
///   socket, minus the umask; `chmod` then restores the bits that the umask removed. A rename into
///   place would also work, but `ss -xl` and every peer's `getpeername` would show the temporary
///   name.
/// - Only a socket that no process serves is replaced. The probe and the removal are two steps:
///   hold a `LockFile` beside the socket, so that no other starting process comes between them.
/// - `deinit` removes the name only if it is still the one made here.
package struct UnixListener: ~Copyable, Sendable {
  private let descriptor: FileDescriptor
  private let path: String
  /// The file that the name referred to when it was made; `deinit` removes the name. Nil if the
  /// name must stay: a service manager made the socket, or another process continues to use it.
  package private(set) var identity: FileStatus.Identity?
  /// The file that the name referred to at first, if it could be read. No other file can get this
  /// identity while the socket is open, because the socket keeps its file.
  private let named: FileStatus.Identity?

  /// Starts to listen at `path`.
  ///
  /// - Parameters:
  ///   - path: at most 107 bytes; its folder must exist.
  ///   - mode: permissions of the socket; a process needs write permission to connect.
  ///   - backlog: how many connections may wait to be accepted; the kernel has its own limit.
  /// - Throws: `ListenError`, whose text says what to do next.
  package init(path: String, mode: UInt32 = 0o660, backlog: Int32 = 4096) throws(ListenError) {
    let socketPath: UnixSocketPath
    do { socketPath = try UnixSocketPath(path) } catch { throw .path(error) }
    try Self.removeStale(socketPath)
    let socket = try Self.attempt("create a socket for", path: path) { () throws(Errno) in
      try SystemCall.value { clinux_unix_socket(true) }
    }
    let opened = FileDescriptor(owning: socket)
    _ = try Self.attempt("set the mode of", path: path) { () throws(Errno) in
      try SystemCall.value { fchmod(socket, mode) }
    }
    // Before the first connect, so that no queued message can carry a descriptor.
    opened.refusePassedDescriptors()
    do { try socketPath.bind(opened) } catch {
      throw .failed(operation: "bind", path: path, error: error)
    }
    let bound: FileStatus.Identity
    do {
      bound = try Self.finish(socket, path: path, mode: mode, backlog: backlog)
    } catch {
      // SAFETY: the call reads a terminated string.
      _ = unsafe unlink(path)
      throw error
    }
    identity = bound
    named = bound
    descriptor = opened
    self.path = path
  }

  /// Takes over a socket that already listens, such as one from a service manager.
  ///
  /// The name stays, unless `identity` is set: then `deinit` removes the name. It is the identity
  /// noted by the process that made the socket and left it to this one.
  package init(
    inherited: consuming FileDescriptor, path: String, identity: FileStatus.Identity? = nil
  ) throws(Errno) {
    try inherited.setNonblocking(true)
    descriptor = inherited
    self.path = path
    self.identity = identity
    named = identity ?? (try? FileStatus(path: path))?.identity
  }

  deinit {
    guard let identity, let status = try? FileStatus(path: path), status.identity == identity
    else { return }
    // SAFETY: the call reads a terminated string.
    _ = unsafe unlink(path)
  }

  /// Whether a connect to the path reaches this socket, as far as this process can see.
  package var hasName: Bool {
    do throws(Errno) {
      let found = try FileStatus(path: path).identity
      return named == nil || found == named
    } catch {
      return error != .noSuchFile && error != .notADirectory
    }
  }

  /// Leaves the name to another process that also has this socket.
  package mutating func leaveName() { identity = nil }

  /// The number to watch for readability.
  package var rawValue: Int32 { descriptor.rawValue }

  /// Takes one waiting connection. Skips a peer that closed while it waited.
  package func accept() throws(Errno) -> AcceptOutcome {
    let listener = descriptor.rawValue
    while true {
      do {
        return .connection(FileDescriptor(owning: try SystemCall.value { clinux_accept(listener) }))
      } catch {
        switch error {
        case .wouldBlock: return .wouldBlock
        case .connectionAborted: continue
        case .tooManyDescriptors, .tooManyDescriptorsInSystem, .outOfBuffers, .outOfMemory:
          return .descriptorsExhausted(error)
        default: throw error
        }
      }
    }
  }
}

/// The result of an `accept`.
package enum AcceptOutcome: ~Copyable, Sendable {
  /// A connection, nonblocking and closed on exec.
  case connection(FileDescriptor)
  /// No connection waits.
  case wouldBlock
  /// A connection waits, but the process or the machine is out of descriptors or memory.
  ///
  /// Hazard: the listener stays readable. Stop watching it for a while, or the loop spins.
  case descriptorsExhausted(Errno)
}

/// Why no listener could be made, and what to do about it.
package enum ListenError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path can't name a socket.
  case path(SocketPathError)
  /// Something other than a socket is at the path. It is not touched.
  case notASocket(path: String)
  /// A process serves the path. Its number is nil if the kernel doesn't report it.
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
      "can't \(operation) `\(path)`: \(error)\(Self.advice(error))"
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
