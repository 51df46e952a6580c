internal import Glibc
internal import TestSupport
internal import Testing
internal import postern

/// `postern status` and `postern clock accept` against a daemon whose clocks are set.
@Suite struct StatusCommandTests {
  private static let hour = SettableClock.hour
  private let clock: SettableClock
  private let daemon: Daemon

  init() throws {
    clock = try SettableClock()
    // The least that a ledger may have.
    daemon = try Daemon(
      ["--max-ledger-bytes", "2097152"], environment: try clock.environment())
  }

  @discardableResult
  private func run(_ words: String...) -> (code: ExitCode, output: String, errors: String) {
    let context = RecordedContext()
    context.variables["POSTERN_SOCKET"] = daemon.socketPath
    let code = Program.run(words, in: context)
    return (code, context.output, context.errors)
  }

  /// What the status says beside a word; nil for no such line.
  private func status(_ word: String) -> String? {
    let lines = run("status").output.split(separator: "\n")
    let line = lines.first { $0.hasPrefix(word + " ") }
    return line.map { $0.dropFirst(word.count).drop { $0 == " " }.description }
  }

  @Test func saysHowTheClocksDiffer() throws {
    #expect(status("wall clock") == nil)
    clock.wallNanoseconds = -3 * Self.hour
    #expect(status("wall clock") == "3 hours behind the ledger's time, which goes on")
    clock.wallNanoseconds = 5 * Self.hour
    #expect(
      status("wall clock") == "5 hours ahead of the ledger's time, and believed in 1 hour: "
        + "if it is right, `postern clock accept`")
    for _ in 0..<3000 where !daemon.process.wholeOutput().contains("and not believed") {
      usleep(10_000)
    }
    // Half of the time that it has to hold.
    clock.sleep(nanoseconds: Self.hour / 2)
    #expect(
      status("wall clock") == "5 hours ahead of the ledger's time, and believed in 30 minutes: "
        + "if it is right, `postern clock accept`")
  }

  @Test func letsAnOperatorAcceptTheClock() throws {
    clock.wallNanoseconds = 5 * Self.hour
    let accepted = run("clock", "accept")
    #expect(accepted.code == .success, "\(accepted)")
    #expect(
      accepted.output.hasPrefix("the wall clock is believed: the ledger's time is 20"),
      "\(accepted)")
    #expect(accepted.output.hasSuffix("(revision 1)\n"), "\(accepted)")
    #expect(status("wall clock") == nil)
    let events = run("audit", "--kind", "clock_accepted")
    #expect(events.code == .success)
    #expect(events.output.contains("the wall clock was accepted as the ledger's time"), "\(events)")
    // There is nothing more to accept.
    #expect(run("clock", "accept").output.hasSuffix("(revision 1)\n"))
    clock.wallNanoseconds = 0
    #expect(status("wall clock") == "5 hours behind the ledger's time, which goes on")
  }

  @Test func saysWhatIsWrongWithTheLedger() throws {
    #expect(status("changes") == nil)
    #expect(status("revision") == "0")
    let epoch = try #require(status("epoch"))
    #expect(UInt64(epoch) ?? 0 > 0)
    run("org", "create", "acme", "--admin", "alice")
    let name = String(repeating: "n", count: 200)
    var refusal: (code: ExitCode, output: String, errors: String)?
    for index in 0..<20_000 where refusal == nil {
      let put = run(
        "resource", "put", "dashboard/d\(index)", "--org", "acme", "--name", name)
      if put.code != .success { refusal = put }
    }
    let errors = try #require(refusal).errors
    #expect(errors.contains("[UNAVAILABLE, LEDGER_FULL]"), "\(errors)")
    #expect(errors.contains("hint: start the daemon with a larger `--max-ledger-bytes`"))
    #expect(
      status("changes") == "the ledger is full: --max-ledger-bytes of 2097152 is reached")
    #expect(status("epoch") == epoch)
  }
}
