internal import Glibc
internal import Testing

/// `postern` where standard input or output is closed or takes nothing.
@Suite struct ClosedStreamTests {
  private let daemon: Daemon

  init() throws { daemon = try Daemon() }

  /// Runs words of the shell, in which `$0` is the program.
  private func shell(_ script: String) throws -> (ending: Ending, output: String) {
    let process = try ChildProcess(
      "/bin/bash", ["-c", script, Daemon.program("postern")],
      environment: ["POSTERN_SOCKET": daemon.socketPath])
    return (try process.wait(), process.wholeOutput())
  }

  @Test(arguments: [
    "import -", "token validate -", "check dashboard.update -", "scan", "scan --offline -",
    "check --batch -",
  ])
  func inputThatIsClosedIsNamed(_ words: String) throws {
    let run = try shell("exec \"$0\" \(words) <&-")
    #expect(run.ending == .exited(3), "\(run.output)")
    #expect(run.output.contains("standard input"), "\(run.output)")
  }

  @Test(arguments: ["export", "status", "metrics", "org list --output json", "--version", "help"])
  func anAnswerThatCannotBeWrittenIsAnError(_ words: String) throws {
    #expect(try shell("exec \"$0\" org create acme --admin alice").ending == .exited(0))
    for output in ["&-", "/dev/full"] {
      let run = try shell("exec \"$0\" \(words) >\(output)")
      #expect(run.ending == .exited(3), "\(run.output)")
      #expect(run.output.contains("cannot write to standard output"), "\(run.output)")
    }
  }

  @Test func nothingFollowsTheEndOfTheMetrics() throws {
    let run = try shell("exec \"$0\" metrics")
    #expect(run.ending == .exited(0))
    #expect(run.output.hasSuffix("\n# EOF\n"), "\(run.output.suffix(80))")
  }

  @Test func noInputIsNoError() throws {
    let run = try shell("exec \"$0\" import - </dev/null")
    #expect(run.ending == .exited(0), "\(run.output)")
    #expect(run.output.contains("0 records"), "\(run.output)")
  }

  @Test func allStreamsMayBeClosed() throws {
    #expect(try shell("\"$0\" status 0<&- 1>&- 2>&-; exit $?").ending == .exited(3))
  }
}
