internal import EventLoop
internal import Platform

/// Every socket that is served: those that a service manager passed and those that the daemon
/// before gave, or else the configured one.
final class Entrances {
  let all: [Entrance]

  /// Opens them all. Hold the lock that `lock` gives.
  init(
    _ inherited: [InheritedSocket], taken: [TakenSocket], _ configuration: Configuration,
    _ loop: EventLoop, _ log: Log
  ) throws {
    if inherited.isEmpty, taken.isEmpty {
      let path = configuration.socketPath
      let listener = try UnixListener(path: path, mode: configuration.socketMode)
      all = [Entrance(listener, path: path, inheritedName: nil, loop, log)]
      return
    }
    var entrances: [Entrance] = []
    for socket in inherited {
      let listener = try socket.makeListener()
      entrances.append(
        Entrance(listener, path: socket.path, inheritedName: socket.name, loop, log))
      log.write(.info, "inherited a socket", [("name", socket.name), ("socket", socket.path)])
    }
    for socket in taken where !entrances.contains(where: { $0.path == socket.socket.path }) {
      let description = socket.description
      let listener = try socket.socket.makeListener(identity: description.identity)
      entrances.append(
        Entrance(
          listener, path: description.path, inheritedName: description.inheritedName, loop, log))
      log.write(.info, "took over a socket", [("socket", description.path)])
    }
    if !entrances.contains(where: { $0.path == configuration.socketPath }) {
      let giver = taken.isEmpty ? "the service manager passed" : "the daemon before had"
      log.write(
        .info, "the configured socket is not bound: \(giver) others",
        [("socket", configuration.socketPath)])
    }
    all = entrances
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

  private static func createParent(of path: String) throws {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    // Others may pass through to the socket, which has a mode of its own.
    try PrivateDirectory.create(path: String(path[..<slash]), mode: 0o755)
  }
}
