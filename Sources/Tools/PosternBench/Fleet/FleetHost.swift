internal import Foundation
internal import Messages
internal import Platform
internal import PosternClient

/// A daemon of the fleet, or one without a fleet that it is compared with.
struct FleetHost {
  let name: String
  let socketPath: String
  let process: ChildProcess

  /// Starts a daemon on its own folder of data: in the fleet whose database that is, or without a
  /// fleet. `isPinned`: it has the servers' processor only, as in comparisons of queries.
  init(
    _ name: String, in folder: WorkFolder, fleet postgres: PostgresPeer?, isPinned: Bool = false
  ) throws(BenchFailure) {
    self.name = name
    socketPath = folder.file("\(name).sock")
    let fleet = postgres.map { ["--fleet", $0.connection, "--fleet-host", name] } ?? []
    process = try ChildProcess.start(
      try PosternPeer.program(),
      [
        "--socket", socketPath, "--data", folder.file("data-\(name)"), "--workers", "1",
        "--max-tokens-per-user", "0",
      ] + fleet, name: "posternd of host \(name)", logPath: folder.file("\(name).log"),
      isPinned: isPinned)
    try process.awaitSocket(socketPath)
  }

  /// A connection to it.
  func client() throws(BenchFailure) -> PosternClient {
    do { return try PosternClient(socketPath: socketPath) } catch {
      throw BenchFailure("host \(name) fails: \(error)")
    }
  }

  /// Makes the organization whose tokens are issued.
  func createOrganization() throws(BenchFailure) {
    try call { (client) throws(ClientError) in
      _ = try client.createOrganization {
        $0.setOrganizationID(Method.organization)
        $0.setAdministratorUserID(Method.user)
      }
    }
  }

  /// Begins a fleet with its log. It may not have looked at the database yet.
  func beginFleet() throws(BenchFailure) {
    let end = Clock.monotonicNanoseconds() + 10_000_000_000
    while true {
      do {
        try call { (client) throws(ClientError) in _ = try client.initializeFleet { _ in } }
        return
      } catch {
        guard Clock.monotonicNanoseconds() < end else { throw error }
        usleep(50_000)
      }
    }
  }

  /// Calls it.
  func call<Result>(
    _ body: (PosternClient) throws(ClientError) -> Result
  ) throws(BenchFailure) -> Result {
    let client = try client()
    client.timeout = .seconds(120)
    do { return try body(client) } catch {
      throw BenchFailure("host \(name) fails: \(error)")
    }
  }

  /// Waits until it knows all of the fleet's log, at least up to a revision.
  func awaitFollowing(_ revision: UInt64) throws(BenchFailure) {
    let end = Clock.monotonicNanoseconds() + 120_000_000_000
    while Clock.monotonicNanoseconds() < end {
      let isThere = try call { (client) throws(ClientError) in
        let status = try client.getStatus { _ in }
        guard let fleet = status.message.fleet, status.message.revision >= revision else {
          return false
        }
        return fleet.condition == .following
      }
      if isThere { return }
      usleep(5_000)
    }
    throw BenchFailure("host \(name) doesn't catch up")
  }

  /// One of its metrics, by the name of its line.
  func metric(_ name: String) throws(BenchFailure) -> Double {
    let text = try call { (client) throws(ClientError) in
      let reply = try client.getMetrics { $0.setNamePrefix("postern_fleet_") }
      let bytes = reply.message.openMetricsText
      return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
    return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
  }

  /// Whether PostgreSQL's library is in its memory.
  var hasLoadedPostgresLibrary: Bool {
    let maps = FileHandle(forReadingAtPath: "/proc/\(process.processID)/maps")
    return String(decoding: maps?.readDataToEndOfFile() ?? Data(), as: UTF8.self).contains("libpq")
  }
}
