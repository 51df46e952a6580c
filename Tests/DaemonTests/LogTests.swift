internal import Foundation
internal import Glibc
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// The lines that a running daemon logs, and where to.
@Suite struct LogTests {
  @Test func theDaemonLogsInTheFormatAskedFor() throws {
    let daemon = try Daemon(["--log-format", "json"], says: #""event":"serving""#)
    _ = try daemon.client()
    #expect(try daemon.stop() == .exited(0))
    let lines = daemon.process.wholeOutput().split(separator: "\n")
    #expect(!lines.isEmpty)
    for line in lines {
      let object = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
      #expect(object["event"] != nil, "\(line)")
    }
  }

  /// Standard error is a full pipe that is not read.
  @Test func servesAndEndsWhateverReadsTheLog() throws {
    let folder = TemporaryFolder()
    let pipe = "\(folder.path)/pipe"
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let reader = unsafe Glibc.open(pipe, O_RDWR | O_NONBLOCK)
    defer { close(reader) }
    while unsafe write(reader, [0x2e], 1) == 1 {}
    let script =
      "exec \"$0\" --socket \"$1/socket\" --data \"$1/data\" --log-level debug 2>\"$1/pipe\""
    let process = try ChildProcess(
      "/bin/bash", ["-c", script, Daemon.program("posternd"), folder.path])
    let path = "\(folder.path)/socket"
    // The name is there a moment before the socket listens.
    try wait(for: path) { (try? PosternClient(socketPath: path)) != nil }
    for _ in 0..<20 {
      let client = try PosternClient(socketPath: path)
      #expect(try client.revision() == 0)
      let reply = try client.getMetrics { $0.setNamePrefix("postern_lost_log_lines") }
      let text = String(reply.message.openMetricsText)
      #expect(text.contains("postern_lost_log_lines_total 0\n"), "\(text)")
    }
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
    let refused = try ChildProcess(
      "/bin/bash", ["-c", script + " --workers 0", Daemon.program("posternd"), folder.path])
    #expect(try refused.wait() == .exited(1))
  }
}
