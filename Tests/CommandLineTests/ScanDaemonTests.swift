internal import TestSupport
internal import Testing
internal import postern

/// `postern scan` beside a daemon that knows some of the tokens.
@Suite struct ScanDaemonTests {
  private let daemon: Daemon

  init() throws { daemon = try Daemon() }

  private func run(
    _ words: String..., input: String = "", bearer: String? = nil
  ) -> (code: ExitCode, output: String, errors: String) {
    let context = RecordedContext()
    context.variables["POSTERN_SOCKET"] = daemon.socketPath
    context.variables["POSTERN_TOKEN"] = bearer
    context.input = input
    let code = Program.run(words, in: context)
    return (code, context.output, context.errors)
  }

  private func issue(_ words: [String]) -> String {
    let context = RecordedContext()
    context.variables["POSTERN_SOCKET"] = daemon.socketPath
    _ = Program.run(words, in: context)
    return String(context.output.dropLast())
  }

  @Test func statesAndRevocation() throws {
    #expect(run("org", "create", "acme", "--admin", "alice").code == .success)
    let user = issue(["token", "issue", "--org", "acme", "--user", "alice"])
    let org = issue(["org-token", "create", "agents", "--org", "acme", "--scope", "ingest"])
    let (unknown, _) = ScannedToken.token(9)
    #expect(user.hasPrefix("pst_u_") && org.hasPrefix("pst_o_"))
    let leaks = "\(user)\n\(org)\n\(unknown)\n\(user)\n"

    let asked = run("scan", input: leaks)
    #expect(asked.code == .denied)
    let states = asked.output.split(separator: "\n").map { $0.split(separator: "  ").last }
    #expect(
      states == [
        "active, alice of acme", "active, agents of acme", "inactive", "active, alice of acme",
      ])

    let offline = run("scan", "--offline", input: leaks)
    #expect(!offline.output.contains("active"))

    // As the bearer of a token that is itself among those found.
    let revoked = run("scan", "--revoke", "--output", "json", input: leaks, bearer: user)
    #expect(revoked.code == .denied)
    let lines = revoked.output.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[0].contains(#""state":"revoked","organization_id":"acme","user_id":"alice"}"#))
    #expect(lines[1].contains(#""state":"revoked","organization_id":"acme","name":"agents"}"#))
    #expect(lines[3].hasSuffix(#""state":"inactive"}"#))
    #expect(revoked.errors.contains("2 revoked"))
    #expect(run("token", "validate", input: user).code == .denied)
    #expect(run("token", "validate", input: org).code == .denied)

    let shown = [asked, offline, revoked].map { $0.output + $0.errors }.joined()
    for secret in [user, org, unknown] {
      #expect(!shown.contains(secret.dropFirst(28).prefix(8)))
      #expect(!shown.contains(secret.suffix(6)))
    }
  }
}
