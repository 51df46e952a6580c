internal import Glibc
internal import PosternClient
internal import TestSupport
internal import Testing

/// The rights of a process without a token, by the user that it runs as.
///
/// Only root can start a process of another user, and only where that user may read the programs.
@Suite(.enabled(if: StrangerProcess.canStart, "needs root and setpriv"))
struct RoleTests {
  @Test func aClientMayOnlyAsk() throws {
    let world = try World(["--socket-mode", "0666"])
    let user = world.secret(of: .user)
    let own = try run(world, ["token", "list", "--org", "acme", "--user", "bob"], token: user)
    #expect(own.ending == .exited(0), "\(own.output)")
    #expect(try run(world, ["status"]).ending == .exited(0))
    // Without a token everything else is out of reach, also what an administrator's token may.
    let calls: [[String]] = [
      ["org", "create", "new", "--admin", "x"],
      ["token", "issue", "--org", "acme", "--user", "bob"],
      ["user", "list", "--org", "acme"], ["token", "list", "--org", "acme"],
    ]
    for call in calls {
      let refused = try run(world, call)
      #expect(refused.ending != .exited(0), "\(call): \(refused.output)")
      #expect(
        refused.output.contains("UNAUTHENTICATED") || refused.output.contains("PERMISSION_DENIED")
          || refused.output.contains("token"), "\(call): \(refused.output)")
      #expect(!refused.output.contains("pst_"))
    }
  }

  @Test func anIssuerMayIssueForAnyUserAndNoMore() throws {
    let world = try World(["--socket-mode", "0666", "--issuer-uid", StrangerProcess.userID])
    let issued = try run(world, ["token", "issue", "--org", "acme", "--user", "bob"])
    #expect(issued.ending == .exited(0), "\(issued.output)")
    #expect(issued.output.contains("pst_u_"))
    for call in [
      ["user", "list", "--org", "acme"], ["org", "create", "new", "--admin", "x"],
      ["token", "list", "--org", "acme"], ["team", "create", "x", "--org", "acme"],
    ] {
      let refused = try run(world, call)
      #expect(refused.ending != .exited(0), "\(call): \(refused.output)")
    }
  }

  @Test func anOperatorMayDoEverything() throws {
    let world = try World(["--socket-mode", "0666", "--operator-uid", StrangerProcess.userID])
    let created = try run(world, ["org", "create", "new", "--admin", "x"])
    #expect(created.ending == .exited(0), "\(created.output)")
    let listed = try run(world, ["user", "list", "--org", "acme"])
    #expect(listed.ending == .exited(0) && listed.output.contains("bob"))
  }

  /// The mode of the socket refuses processes outside its group.
  @Test func theSocketKeepsStrangersOut() throws {
    let world = try World()
    let refused = try run(world, ["status"])
    #expect(refused.ending == .exited(3), "\(refused.output)")
  }

  @Test func oneUserCanHaveOnlySoManyConnections() throws {
    let world = try World([
      "--socket-mode", "0666", "--max-connections-per-uid", "2", "--operator-uid",
      StrangerProcess.userID,
    ])
    // This process is exempt, and takes up no place.
    let clients = try (0..<5).map { _ in try world.daemon.client() }
    for client in clients { _ = try client.revision() }
    // Each holds a connection for as long as it runs.
    let holders = try (0..<2).map { _ in
      try start(world, ["top", "--interval", "1s", "--output", "json"])
    }
    for holder in holders { try holder.waitForOutput("{") }
    let refused = try run(world, ["status"])
    #expect(refused.ending == .exited(3), "\(refused.output)")
    #expect(try StreamTests.metrics(world.daemon).contains(#"reason="max-connections-per-uid"} 1"#))
    for client in clients { _ = try client.revision() }
    // A closed connection makes room.
    holders[0].signal(SIGKILL)
    _ = try holders[0].wait()
    try clients[0].waitForConnections(atMost: 6)
    #expect(try run(world, ["status"]).ending == .exited(0))
  }

  /// Opens the eight connections that any user may have; one more is refused.
  private func fill(_ world: World) throws -> [PosternClient] {
    var clients = [try world.daemon.client()]
    while try clients[0].connectionCount() < 8 {
      clients.append(try world.daemon.client())
      _ = try clients.last?.revision()
    }
    let refused = try run(world, ["status"])
    #expect(refused.ending == .exited(3), "\(refused.output)")
    return clients
  }

  @Test func someConnectionsAreKeptForOperators() throws {
    let world = try World([
      "--socket-mode", "0666", "--max-connections", "12", "--reserved-connections", "4",
    ])
    var clients = try fill(world)
    #expect(try StreamTests.metrics(world.daemon).contains(#"reason="max-connections"} 1"#))
    // This process has an operator's.
    _ = try world.daemon.client().revision()
    clients.removeLast(2)
    try clients[0].waitForConnections(atMost: 6)
    #expect(try run(world, ["status"]).ending == .exited(0))
  }

  /// Where descriptors are few, those of operators are kept free.
  @Test func descriptorsAreKeptForOperators() throws {
    let world = try World(["--socket-mode", "0666"], descriptors: 80)
    #expect(
      world.daemon.process.wholeOutput().contains("fewer descriptors than connections are allowed"))
    // Of 16 that there are descriptors for, 8 are kept.
    var clients = try fill(world)
    for _ in 0..<4 {
      clients.append(try world.daemon.client())
      _ = try clients.last?.revision()
    }
  }

  /// Runs the command line tool as another user.
  private func run(
    _ world: World, _ arguments: [String], token: String? = nil
  ) throws -> (ending: Ending, output: String) {
    let process = try start(world, arguments, token: token)
    let ending = try process.wait()
    return (ending, process.wholeOutput())
  }

  private func start(
    _ world: World, _ arguments: [String], token: String? = nil
  ) throws -> ChildProcess {
    unsafe chmod(world.daemon.folder.path, 0o755)
    var environment = ["HOME": "/", "POSTERN_SOCKET": world.daemon.socketPath]
    if let token { environment["POSTERN_TOKEN"] = token }
    return try StrangerProcess.start(arguments, environment: environment)
  }
}

/// The command line tool as a process of another user.
enum StrangerProcess {
  static let userID = "65534"

  /// Whether such a process can be started here.
  static var canStart: Bool {
    guard getuid() == 0, let process = try? start(["version"]) else { return false }
    return (try? process.wait()) == .exited(0)
  }

  static func start(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> ChildProcess {
    let flags = ["--reuid=\(userID)", "--regid=\(userID)", "--clear-groups"]
    return try ChildProcess(
      "/usr/bin/setpriv", flags + [Daemon.program("postern")] + arguments,
      environment: environment)
  }
}
