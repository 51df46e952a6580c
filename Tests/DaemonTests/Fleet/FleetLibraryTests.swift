internal import Platform
internal import TestSupport
internal import Testing

/// Only a daemon with a fleet loads PostgreSQL's library.
@Suite struct FleetLibraryTests {
  @Test func onlyAFleetLoadsIt() throws {
    let alone = try Daemon()
    #expect(try !maps(alone).contains("libpq"))
    #expect(try alone.stop() == .exited(0))
    let server = try PostgreSQL.shared()
    let string = server.string(database: try server.makeDatabase())
    let member = try Daemon(["--fleet", string])
    #expect(try maps(member).contains("libpq.so.5"))
    #expect(try member.stop() == .exited(0))
  }

  private func maps(_ daemon: Daemon) throws -> String {
    let bytes = try SmallFile.read(
      path: "/proc/\(daemon.process.processID)/maps", maximumBytes: 4 << 20)
    #expect(!bytes.isEmpty)
    return String(decoding: bytes, as: UTF8.self)
  }
}
