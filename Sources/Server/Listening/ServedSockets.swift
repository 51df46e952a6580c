internal import EventLoop
internal import Metrics
internal import Platform

/// Every socket that is served: those that a service manager passed and those that the daemon
/// before gave, or else the configured one.
final class ServedSockets {
  let all: [SocketListener]

  /// The most connections that wait to be accepted; the kernel has a limit of its own. Connections
  /// are accepted in the order in which they came, so a flood delays a new one by this many. If the
  /// queue is full, a peer waits in `connect`, or is told to try again.
  private static let backlog: Int32 = 512

  /// Opens them all. Hold the lock that `lock` returns.
  init(
    inherited: [InheritedSocket], taken: [TakenSocket], _ configuration: Configuration,
    _ context: SocketListener.Context
  ) throws {
    let log = context.log
    let mode = configuration.socketMode ?? 0o660
    var listeners: [SocketListener] = []
    func add(_ listener: consuming UnixListener, path: String, inheritedName: String?) {
      let naming = SocketListener.Naming(
        mode: mode, backlog: Self.backlog, lockPath: path + ".lock")
      listeners.append(
        SocketListener(
          listener, path: path, inheritedName: inheritedName, naming: naming, context: context))
    }
    if inherited.isEmpty, taken.isEmpty {
      let path = configuration.socketPath
      add(
        try UnixListener(path: path, mode: mode, backlog: Self.backlog), path: path,
        inheritedName: nil)
    }
    for socket in inherited {
      add(try socket.makeListener(), path: socket.path, inheritedName: socket.name)
      log.info("inherited a socket", [("name", socket.name), ("socket", socket.path)])
      Self.compareMode(of: socket.path, configuration, log: log)
    }
    for socket in taken where !listeners.contains(where: { $0.path == socket.socket.path }) {
      let description = socket.description
      add(
        try socket.socket.makeListener(identity: description.identity), path: description.path,
        inheritedName: description.inheritedName)
      log.info("took over a socket", [("socket", description.path)])
      Self.compareMode(of: description.path, configuration, log: log)
    }
    if !listeners.contains(where: { $0.path == configuration.socketPath }) {
      let giver = taken.isEmpty ? "the service manager passed" : "the previous daemon used"
      log.info(
        "the configured socket is not bound: \(giver) other sockets",
        [("socket", configuration.socketPath)])
    }
    all = listeners
  }

  /// Warns that a socket which another process made keeps its mode.
  private static func compareMode(
    of path: String, _ configuration: Configuration, log: Log
  ) {
    guard let wanted = configuration.socketMode, let status = try? FileStatus(path: path),
      status.permissions != wanted
    else { return }
    log.warning(
      "socket-mode has no effect: another process made the socket",
      [
        ("socket", path), ("mode", "0" + String(status.permissions, radix: 8)),
        ("socket_mode", "0" + String(wanted, radix: 8)),
      ])
  }

  /// The paths, for a line of the log.
  var paths: String { all.map(\.path).joined(separator: ",") }

  /// Takes the lock beside a socket of our own, so that no other start is between its probe and
  /// its bind; waits for it until a time of the monotonic clock. Nil for inherited sockets, which
  /// need none.
  static func lock(
    inherited: [InheritedSocket], taken: [TakenSocket], _ configuration: Configuration,
    deadlineNanoseconds: Int64
  ) throws -> LockFile? {
    let own = taken.first { $0.description.inheritedName == nil }?.description.path
    guard own != nil || (inherited.isEmpty && taken.isEmpty) else { return nil }
    let path = own ?? configuration.socketPath
    try createParent(of: path)
    return try LockFile(path: path + ".lock", deadlineNanoseconds: deadlineNanoseconds)
  }

  /// Makes the folder of a socket.
  static func createParent(of path: String) throws {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    // Other users pass through it to the socket, which has a mode of its own.
    try PrivateDirectory.create(path: String(path[..<slash]), mode: 0o755)
  }
}
