internal import Foundation
internal import Glibc
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// A served socket can be found, whatever becomes of its name.
@Suite struct SocketNameTests {
  private let folder = TemporaryFolder()

  private func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  private func mode(_ path: String) -> UInt32 {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  /// Waits, for seconds at most, until the path leads to the daemon.
  private func connect(_ path: String) throws -> PosternClient {
    for _ in 0..<3000 {
      if let client = try? PosternClient(socketPath: path) { return client }
      usleep(10_000)
    }
    throw FixtureError("no daemon serves \(path)")
  }

  @Test func aNameThatWasRemovedComesBack() throws {
    let daemon = try Daemon(["--socket-mode", "0640"], folder: folder)
    let early = try daemon.client()
    #expect(unsafe unlink(daemon.socketPath) == 0)
    let client = try connect(daemon.socketPath)
    #expect(try client.daemonProcessID() == UInt32(daemon.process.processID))
    #expect(try early.revision() == 0, "an open connection is not disturbed")
    #expect(mode(daemon.socketPath) == 0o640)
    let reply = try client.getMetrics { $0.setNamePrefix("postern_") }
    let metrics = String(reply.message.openMetricsText)
    #expect(metrics.contains("postern_rebound_sockets_total 1\n"))
    #expect(metrics.contains("postern_missing_sockets 0\n"))
    #expect(try daemon.stop() == .exited(0))
    #expect(daemon.process.says("the socket is bound again"))
    #expect(!exists(daemon.socketPath), "the new name goes at the end as the first would have")
  }

  @Test func aWholeFolderComesBackWithItsLock() throws {
    let path = "\(folder.path)/run/postern/socket"
    let daemon = try Daemon(["--socket", path], folder: folder)
    try FileManager.default.removeItem(atPath: "\(folder.path)/run")
    #expect(try connect(path).daemonProcessID() == UInt32(daemon.process.processID))
    #expect(mode("\(folder.path)/run/postern") == 0o755)
    let second = try ChildProcess(
      Daemon.program("posternd"), ["--socket", path, "--data", "\(folder.path)/data2"])
    #expect(try second.wait() == .exited(1))
    #expect(second.says("\(daemon.process.processID)"))
  }

  @Test func aFileInPlaceOfTheSocketIsNamedUntilItIsGone() throws {
    let daemon = try Daemon(folder: folder)
    let early = try daemon.client()
    #expect(unsafe unlink(daemon.socketPath) == 0)
    let file = folder.write("socket", "precious")
    try wait(for: "a line of the log") {
      daemon.process.wholeOutput().contains("no process can connect")
    }
    let reply = try early.getMetrics { $0.setNamePrefix("postern_missing") }
    #expect(String(reply.message.openMetricsText).contains("postern_missing_sockets 1\n"))
    #expect(unsafe unlink(file) == 0)
    #expect(try connect(daemon.socketPath).revision() == 0)
  }

  @Test func anotherDaemonCanTakeOverAfterTheControlSocketWasRemoved() throws {
    let daemon = try Daemon(folder: folder)
    let control = "\(folder.path)/data/control.sock"
    #expect(unsafe unlink(control) == 0)
    // The name is there a moment before the socket listens.
    try wait(for: "the control socket") { (try? RawSocket(path: control)) != nil }
    let second = try Daemon(["--take-over"], folder: folder)
    #expect(second.process.says("took over a socket"))
    #expect(try daemon.process.wait() == .exited(0))
  }

  @Test func theMaskOfTheProcessTakesNothingAway() throws {
    let process = try ChildProcess(
      "/bin/bash",
      [
        "-c", "umask 0777; exec \"$0\" --socket \"$1/run/s\" --data \"$1/d\" --socket-mode 0666",
        Daemon.program("posternd"), folder.path,
      ])
    try process.waitForOutput("event=serving")
    #expect(mode("\(folder.path)/run") == 0o755)
    #expect(mode("\(folder.path)/run/s") == 0o666)
    #expect(mode("\(folder.path)/d") == 0o700)
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }
}
