internal import Foundation
internal import TestSupport
internal import Testing

/// The tour of the README, line by line, with a fresh daemon.
@Suite struct TourTests {
  @Test func everyLineDoesWhatItSays() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(
      contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    let chapters = readme.components(separatedBy: "\n## Five minutes\n")
    let chapter = try #require(chapters.dropFirst().first)
    var block = try #require(chapter.components(separatedBy: "```sh\n").dropFirst().first)
    block = try #require(block.components(separatedBy: "```").first)
    // Its first line is about where `make run` serves.
    let lines = block.split(separator: "\n").drop { $0.hasPrefix("export ") }
    #expect(lines.count > 20)
    let daemon = try Daemon()
    let programs = URL(fileURLWithPath: Daemon.program("postern")).deletingLastPathComponent()
    let process = try ChildProcess(
      "/bin/bash", ["-euo", "pipefail", "-c", lines.joined(separator: "\n")],
      environment: [
        "PATH": "\(programs.path):/usr/bin:/bin", "POSTERN_SOCKET": daemon.socketPath,
      ])
    let ending = try process.wait()
    let output = process.wholeOutput()
    #expect(ending == .exited(0), "\(output)")
    for sentence in [
      "created organization `acme`", "denied: `integration.create`", "allowed: writer",
      "[PERMISSION_DENIED", "not active", "revoked 1 org token", "token_revoked", "tokens_revoked",
    ] {
      #expect(output.contains(sentence), "\(sentence)")
    }
  }
}
