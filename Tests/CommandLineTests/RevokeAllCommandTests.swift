internal import Messages
internal import RPC
internal import TestSupport
internal import Testing
internal import postern

/// `postern token revoke-all`, and `postern user invite` with several users.
@Suite struct RevokeAllCommandTests {
  private func run(
    _ daemon: ScriptedDaemon, _ line: String, _ prepare: (RecordedContext) -> Void = { _ in }
  ) -> (code: ExitCode, output: String, errors: String) {
    let context = RecordedContext()
    context.variables["POSTERN_SOCKET"] = daemon.path
    prepare(context)
    let code = Program.run(line.split(separator: " ").map(String.init), in: context)
    return (code, context.output, context.errors + context.prompts.joined())
  }

  private func report(_ count: UInt64, next page: String, done: Bool = false) -> [UInt8] {
    ScriptedDaemon.encoded { (response: PosternV1.RevokeTokensResponse.Builder) in
      response.setRevokedCount(count)
      response.setDone(done)
      response.setNextPageToken(page)
      response.setRevision(40 + count)
    }
  }

  private func list(_ states: [PosternV1.TokenState]) -> [UInt8] {
    ScriptedDaemon.encoded { (response: PosternV1.ListTokensResponse.Builder) in
      for (index, state) in states.enumerated() {
        let token = response.addTokens()
        token.setState(state)
        token.makeIssuedAt().setSeconds(1000 * Int64(index))
      }
    }
  }

  @Test func revokesAndSaysHowMany() throws {
    let daemon = try ScriptedDaemon([
      .stream([report(1000, next: "a"), report(1200, next: "", done: true)])
    ])
    let result = run(daemon, "token revoke-all --org acme --user bob --yes") {
      $0.isErrorTerminal = true
    }
    #expect(result.code == .success)
    #expect(result.output == "revoked 1200 tokens of user `bob` in `acme` (revision 1240)\n")
    #expect(result.errors.hasPrefix("\rrevoked 1000 tokens"))
    #expect(result.errors.hasSuffix("\r\u{1b}[K"))
    #expect(daemon.calls[0].contains("RevokeTokens \n\u{4}acme\u{12}\u{3}bob bearer="))
  }

  @Test func goesOnFromThePageOfTheLastReport() throws {
    let daemon = try ScriptedDaemon([
      .streamAndBreak([report(1000, next: "first")]), .fail(.unavailable, "stopping"),
      .streamAndFail([report(500, next: "second")], .unavailable),
      .stream([report(7, next: "", done: true)]),
    ])
    let result = run(daemon, "token revoke-all --org acme --yes --output json")
    #expect(result.code == .success)
    #expect(
      result.output
        == #"{"revoked_count":"1507","done":true,"revision":"47","ledger_epoch":"0"}"# + "\n")
    let pages = daemon.calls.map { $0.contains("first") ? 1 : $0.contains("second") ? 2 : 0 }
    #expect(pages == [0, 1, 1, 2])
  }

  @Test func aCallThatEndsEarlyIsRepeatedAndSaysAtLeast() throws {
    let daemon = try ScriptedDaemon([
      .stream([report(3, next: "x")]), .stream([report(1, next: "", done: true)]),
    ])
    let result = run(daemon, "token revoke-all --org acme --yes")
    #expect(result.output == "revoked at least 4 tokens of `acme` (revision 41)\n")
  }

  @Test func aFailureSaysHowFarItCame() throws {
    let daemon = try ScriptedDaemon([.streamAndFail([report(1, next: "x")], .permissionDenied)])
    let result = run(daemon, "token revoke-all --org acme --yes")
    #expect(result.code == .failure)
    #expect(result.errors.contains("as scripted, after 1 token\n"))
    #expect(result.errors.contains("revoked for good"))
    let early = try ScriptedDaemon([.fail(.permissionDenied, "not you")])
    #expect(run(early, "token revoke-all --org acme --yes").errors.contains("[PERMISSION_DENIED]"))
  }

  @Test func givesUpWhereTheDaemonStaysAway() throws {
    let gone = Array(repeating: ScriptedDaemon.Step.fail(.unavailable, "stopping"), count: 100)
    let daemon = try ScriptedDaemon(gone)
    let result = run(daemon, "token revoke-all --org acme --yes")
    #expect(result.code == .failure)
    #expect(daemon.calls.count == 19)
  }

  @Test func saysWhatItWouldDo() throws {
    let states: [PosternV1.TokenState] = [.active, .revoked, .disabled, .expired, .active]
    let daemon = try ScriptedDaemon([.answer(list(states))])
    let result = run(daemon, "token revoke-all --org acme --issued-before 1970-01-01T00:50:00Z")
    #expect(result.code == .misuse)
    #expect(result.output == "")
    #expect(
      result.errors.contains(
        "this would revoke 2 tokens of `acme`, issued before 1970-01-01 00:50:00 UTC, for ever"))
    #expect(daemon.calls.count == 1)
  }

  @Test(arguments: [true, false])
  func asksAPerson(agrees: Bool) throws {
    let daemon = try ScriptedDaemon([
      .answer(list([.active])), .stream([report(1, next: "", done: true)]),
    ])
    let result = run(daemon, "token revoke-all --org acme --token-kind org") {
      $0.confirmation = agrees
    }
    #expect(result.code == (agrees ? .success : .failure))
    #expect(result.errors.contains("revoke 1 org token of `acme`, for ever. Go on?"))
    #expect(daemon.calls.count == (agrees ? 2 : 1))
  }

  @Test func nothingToRevokeIsNoQuestion() throws {
    let daemon = try ScriptedDaemon([.answer(list([.revoked]))])
    let result = run(daemon, "token revoke-all --org acme")
    #expect(result.code == .success)
    #expect(result.errors == "there is no token to revoke of `acme`\n")
  }

  @Test func invitesAThousandAtATime() throws {
    let answer = ScriptedDaemon.encoded { (response: PosternV1.InviteUsersResponse.Builder) in
      response.setRevision(9)
    }
    let daemon = try ScriptedDaemon([.answer(answer), .answer(answer)])
    let users = (0..<1001).map { "u\($0)" }.joined(separator: " ")
    let result = run(daemon, "user invite \(users) --org acme")
    #expect(result.code == .success)
    #expect(
      result.output == "invited 1000 users to `acme` (revision 9)\n"
        + "invited 1 user to `acme` (revision 9)\n")
    #expect(daemon.calls[1].contains("InviteUsers \n\u{4}acme\u{12}\u{7}\n\u{5}u1000 bearer="))
  }
}
