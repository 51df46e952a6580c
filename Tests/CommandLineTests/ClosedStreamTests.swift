internal import Glibc
internal import TestSupport
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
      #expect(run.output.contains("can't write to standard output"), "\(run.output)")
      #expect(!run.output.contains("took effect"), "\(run.output)")
    }
  }

  /// Only of what changes something is it said that it happened.
  @Test func aLostAnswerSaysWhatTookEffect() throws {
    #expect(try shell("exec \"$0\" org create acme --admin alice").ending == .exited(0))
    for words in ["team create ops --org acme", "token issue --org acme --user alice"] {
      let run = try shell("exec \"$0\" \(words) >/dev/full")
      #expect(run.ending == .exited(3), "\(run.output)")
      #expect(run.output.contains("took effect, but its answer is lost"), "\(run.output)")
    }
  }

  /// All found tokens are revoked, and standard error tells it.
  @Test(arguments: ["text", "json"])
  func aScanThatRevokesGoesOnWithoutOutput(_ format: String) throws {
    #expect(try shell("exec \"$0\" org create acme --admin alice").ending == .exited(0))
    let run = try shell(
      """
      tokens=$(for _ in 1 2 3; do "$0" token issue --org acme --user alice; done)
      echo "$tokens" | "$0" scan --revoke --output \(format) >/dev/full
      code=$?
      echo "$tokens" | "$0" scan
      exit $code
      """)
    #expect(run.ending == .exited(3), "\(run.output)")
    #expect(run.output.contains("can't write to standard output"), "\(run.output)")
    let revoked = format == "json" ? #""state":"revoked""# : "revoked, alice of acme"
    #expect(run.output.split(separator: "\n").count { $0.contains(revoked) } == 3, "\(run.output)")
    #expect(run.output.split(separator: "\n").count { $0.hasSuffix("  inactive") } == 3)
    #expect(run.output.contains("3 revoked"), "\(run.output)")
    #expect(!run.output.contains("active, alice of acme"), "\(run.output)")
  }

  /// Nothing is changed where the outcome could not be printed.
  @Test func nothingTakesEffectWithoutOutput() throws {
    #expect(try shell("exec \"$0\" org create acme --admin alice").ending == .exited(0))
    let issue = "token issue --org acme --user alice"
    let run = try shell("exec \"$0\" \(issue) >&-")
    #expect(run.ending == .exited(3))
    #expect(run.output.contains("nothing was asked or done"), "\(run.output)")
    let list = try shell("exec \"$0\" token list --org acme --output json")
    #expect(list.ending == .exited(0) && !list.output.contains("alice"), "\(list.output)")
  }

  /// A token is one word; of two, neither is taken.
  @Test(arguments: ["pst_u_a\\npst_u_b\\n", "pst_u_a pst_u_b", "Bearer pst_u_a", "\\n\\na\\nb"])
  func twoTokensAreMisuse(_ input: String) throws {
    for words in ["token validate -", "token revoke -", "check dashboard.create -"] {
      let run = try shell("printf '\(input)' | \"$0\" \(words)")
      #expect(run.ending == .exited(2), "\(run.output)")
      #expect(run.output.contains("more than the text of one token"))
      #expect(!run.output.contains("pst_u_"))
    }
    let run = try shell("POSTERN_TOKEN=$(printf '\(input)') exec \"$0\" org list")
    #expect(run.ending == .exited(2), "\(run.output)")
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
