internal import EventLoop
internal import Platform

/// Every socket that is served: those that a service manager passed, or else the configured one.
final class Entrances {
  let all: [Entrance]

  /// Opens them all. Hold the lock that `lock` gives.
  init(
    _ inherited: [InheritedSocket], _ configuration: Configuration, _ loop: EventLoop, _ log: Log
  ) throws {
    if inherited.isEmpty {
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
    if !inherited.contains(where: { $0.path == configuration.socketPath }) {
      log.write(
        .info, "the configured socket is not bound: the service manager passed others",
        [("socket", configuration.socketPath)])
    }
    all = entrances
  }

  /// The paths, for a line of the log.
  var paths: String { all.map(\.path).joined(separator: ",") }

  /// Takes the lock beside a socket of our own, so that no two starters are between its probe and
  /// its bind. Nil for inherited sockets, which need none.
  static func lock(
    _ inherited: [InheritedSocket], _ configuration: Configuration
  ) throws -> LockFile? {
    guard inherited.isEmpty else { return nil }
    try createParent(of: configuration.socketPath)
    return try LockFile(path: configuration.socketPath + ".lock")
  }

  private static func createParent(of path: String) throws {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    // Others may pass through to the socket, which has a mode of its own.
    try PrivateDirectory.create(path: String(path[..<slash]), mode: 0o755)
  }
}
