internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// A fleet in a database of its own, whose daemons a test starts one by one.
final class FleetWorld {
  let string: String

  init(on server: PostgreSQL? = nil) throws {
    let server = try server ?? .shared()
    string = server.string(database: try server.makeDatabase())
  }

  /// Starts a daemon of it, which may not be a member for long.
  func start(
    _ host: String, _ arguments: [String] = [], folder: TemporaryFolder = TemporaryFolder(),
    format: Int? = nil
  ) throws -> Daemon {
    try Daemon(
      ["--fleet", string, "--fleet-host", host] + arguments, folder: folder,
      environment: format.map { ["POSTERN_FORMAT": "\($0)"] } ?? [:])
  }

  /// Begins the fleet with a daemon's log: one organization and its administrator `alice`.
  func begin(with daemon: Daemon, leaseSeconds: Int64 = 60) throws {
    let client = try daemon.client()
    _ = try client.initializeFleet { $0.makeLease().set(leaseSeconds, 0) }
    try client.createOrganization("acme", administrator: "alice")
  }

  /// Starts another member, and waits until it answers.
  func join(
    _ host: String, _ arguments: [String] = [], folder: TemporaryFolder = TemporaryFolder(),
    format: Int? = nil
  ) throws -> Daemon {
    let daemon = try start(host, arguments, folder: folder, format: format)
    let client = try daemon.client()
    try wait(for: "an answer of \(host)") {
      (try? client.getOrganization { $0.setOrganizationID("acme") }) != nil
    }
    return daemon
  }
}
