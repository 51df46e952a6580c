internal import EventLoop
internal import Metrics
internal import Platform

/// Every socket that is served: those that a service manager passed and those that the daemon
/// before gave, or else the configured one.
final class Entrances {
  let all: [Entrance]

  /// The most connections that wait to be accepted; the kernel has a limit of its own. It gives
  /// them out in the order in which they came, so who connects waits for as many of whoever floods
  /// the socket. Whoever finds them all taken waits in `connect`, or is told to try again.
  private static let backlog: Int32 = 512

  /// Opens them all. Hold the lock that `lock` gives.
  init(
    _ inherited: [InheritedSocket], taken: [TakenSocket], _ configuration: Configuration,
    _ names: SocketNames, _ loop: EventLoop, _ log: Log
  ) throws {
    let mode = configuration.socketMode ?? 0o660
    var entrances: [Entrance] = []
    func add(_ listener: consuming UnixListener, _ path: String, _ inheritedName: String?) {
      let naming = Entrance.Naming(mode: mode, backlog: Self.backlog, lockPath: path + ".lock")
      entrances.append(
        Entrance(
          listener, path: path, inheritedName: inheritedName, naming, names, loop, log))
    }
    if inherited.isEmpty, taken.isEmpty {
      let path = configuration.socketPath
      add(try UnixListener(path: path, mode: mode, backlog: Self.backlog), path, nil)
    }
    for socket in inherited {
      add(try socket.makeListener(), socket.path, socket.name)
      log.write(.info, "inherited a socket", [("name", socket.name), ("socket", socket.path)])
      Self.compareMode(of: socket.path, configuration, log)
    }
    for socket in taken where !entrances.contains(where: { $0.path == socket.socket.path }) {
      let description = socket.description
      add(
        try socket.socket.makeListener(identity: description.identity), description.path,
        description.inheritedName)
      log.write(.info, "took over a socket", [("socket", description.path)])
      Self.compareMode(of: description.path, configuration, log)
    }
    if !entrances.contains(where: { $0.path == configuration.socketPath }) {
      let giver = taken.isEmpty ? "the service manager passed" : "the daemon before had"
      log.write(
        .info, "the configured socket is not bound: \(giver) others",
        [("socket", configuration.socketPath)])
    }
    all = entrances
  }

  /// Says that a socket which another process made keeps its mode.
  private static func compareMode(
    of path: String, _ configuration: Configuration, _ log: Log
  ) {
    guard let wanted = configuration.socketMode, let status = try? FileStatus(path: path),
      status.permissions != wanted
    else { return }
    log.write(
      .warning, "socket-mode has no effect: another process made the socket",
      [
        ("socket", path), ("mode", "0" + String(status.permissions, radix: 8)),
        ("socket_mode", "0" + String(wanted, radix: 8)),
      ])
  }

  /// The paths, for a line of the log.
  var paths: String { all.map(\.path).joined(separator: ",") }

  /// Takes the lock beside a socket of our own, so that no two starters are between its probe and
  /// its bind; waits for it until a time of the monotonic clock. Nil for inherited sockets, which
  /// need none.
  static func lock(
    _ inherited: [InheritedSocket], taken: [TakenSocket], _ configuration: Configuration,
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
    // Others may pass through to the socket, which has a mode of its own.
    try PrivateDirectory.create(path: String(path[..<slash]), mode: 0o755)
  }
}
