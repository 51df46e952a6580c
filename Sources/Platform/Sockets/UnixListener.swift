internal import CLinux
internal import Glibc

/// A listening Unix stream socket with a name in the file system.
///
/// - The name has the asked-for mode from its first moment on. Linux creates it with the mode that
///   the unbound socket has, less the umask, so it is never wider than asked for; `chmod` then
///   gives back what the umask took. A rename into place would do as well, but leave a name in `ss
///   -xl` and in every peer's `getpeername` that nobody knows.
/// - Only a socket at which nobody answers is replaced. The probe and the removal are two steps:
///   hold a `LockFile` beside the socket, so that no other starter is between them.
/// - The name is removed at the end only if it still is the one that was made here.
package struct UnixListener: ~Copyable, Sendable {
  private let descriptor: FileDescriptor
  private let path: String
  /// What the name led to when it was made; the name goes when this listener does. Nil for a name
  /// that stays: that of a socket which a service manager made, or which another process goes on
  /// with.
  package private(set) var identity: FileStatus.Identity?
  /// What the name led to at first, as far as that could be seen. Nothing else can come to have it
  /// while the socket is open, since it keeps the file that it is bound to.
  private let named: FileStatus.Identity?

  /// Starts to listen at `path`.
  ///
  /// - Parameters:
  ///   - path: at most 107 bytes, its folder exists.
  ///   - mode: who may connect: it takes the right to write.
  ///   - backlog: how many connections may wait to be accepted; the kernel has a limit of its own.
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
    // From before the first connect on, so that nothing can be queued with a descriptor in it.
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

  /// Takes over a socket that listens already, as a service manager passes one.
  ///
  /// Its name stays, unless `identity` says that the name is to be removed at the end: that of the
  /// process which made it, and which has left it to this one.
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

  /// Whether whoever connects to the path comes here, as far as this process can see.
  package var hasName: Bool {
    do throws(Errno) {
      let found = try FileStatus(path: path).identity
      return named == nil || found == named
    } catch {
      return error != .noSuchFile && error != .notADirectory
    }
  }

  /// Leaves the name to another process that has this socket too.
  package mutating func leaveName() { identity = nil }

  /// The number to watch for readability.
  package var rawValue: Int32 { descriptor.rawValue }

  /// Takes one waiting connection. A peer that gave up while it waited is skipped.
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

/// What an `accept` found.
package enum AcceptOutcome: ~Copyable, Sendable {
  /// A connection, nonblocking and closed on exec.
  case connection(FileDescriptor)
  /// Nobody waits.
  case wouldBlock
  /// Somebody waits, but the process or the machine is out of descriptors or memory.
  ///
  /// Hazard: the listener stays readable. Stop watching it for a while, or the loop spins.
  case descriptorsExhausted(Errno)
}

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
