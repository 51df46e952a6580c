internal import Foundation
internal import Testing
internal import postern

/// `postern policy ...`, as far as it needs no daemon.
@Suite struct PolicyCommandTests {
  private static let builtInCases = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Policies/built-in.test.json5")

  private func run(
    _ arguments: [String], _ files: [String: String] = [:]
  ) -> (code: ExitCode, output: String, errors: String) {
    let context = RecordedContext()
    context.files = files
    let code = Program.run(["policy"] + arguments, in: context)
    return (code, context.output, context.errors)
  }

  private static let policy = """
    { resource_types: { job: { stored: false } },
      actions: { "job.run": { any: ["scope:api", { all: ["role:power", "team:ops"] }] } },
      organizations: { acme: { actions: { "team.create": { any: ["member"] } } } } }
    """

  /// The committed suite covers the built-in policy row by row.
  @Test func theBuiltInPolicyIsAsItsCasesSay() throws {
    let cases = try String(contentsOf: Self.builtInCases, encoding: .utf8)
    let result = run(["test", "cases"], ["cases": cases])
    #expect(result.output.hasSuffix("cases, all as expected\n"), "\(result.output)")
    #expect(result.code == .success)
    #expect(result.errors == "", "an action that no case asks for")
  }

  @Test func checks() {
    let good = run(["check", "p.json5"], ["p.json5": Self.policy])
    #expect(good.code == .success && good.output == "p.json5 is a policy\n")
    let doubtful = run(["check", "p.json5"], ["p.json5": "{roles: ['own']}"])
    #expect(doubtful.code == .success)
    #expect(
      doubtful.output
        == "p.json5:1:10: warning: no rule asks for the role `own`\np.json5 is a policy\n")
    let bad = run(["check", "p.json5"], ["p.json5": "{roles: ['power'],\n \"a\\u001b\": 1}"])
    #expect(bad.code == .denied)
    #expect(bad.output.hasPrefix("p.json5:1:10: the role `power` is built in"))
    #expect(bad.output.contains("\np.json5:2:2: unknown key `a\\u{1B}`"))
    let json = run(["check", "p.json5", "--output", "json"], ["p.json5": "{x: 1}"])
    #expect(json.output.hasPrefix("{\"valid\":false,\"problems\":[{\"line\":1,\"column\":2,"))
    #expect(run(["check", "missing"]).code == .failure)
    #expect(run(["check"]).code == .misuse)
  }

  @Test func shows() {
    let builtIn = run(["show"]).output.split(separator: "\n").map(String.init)
    #expect(builtIn.firstIndex { $0.hasPrefix("ROUTE ") } == 47)
    #expect(
      builtIn.contains {
        $0.hasPrefix("DELETE /v2/team/{id}/member/{user} ")
          && $0.hasSuffix(" team.remove_member on resource {id}, user {user}")
      })
    #expect(builtIn.contains { $0.hasPrefix("POST /v2/session ") && $0.hasSuffix("(open)") })
    #expect(builtIn.contains("A token comes in `authorization: Bearer` or `x-sf-token`."))
    #expect(builtIn.last == "CORS preflights are denied.")
    #expect(builtIn[0].hasPrefix("API "))
    #expect(builtIn[1].hasPrefix("Integrations "))
    #expect(builtIn[1].hasSuffix(" integration.create             administrator"))
    #expect(builtIn.contains { $0.hasPrefix("Sending data") && $0.hasSuffix("scope:ingest") })
    let own = run(["show", "p"], ["p": Self.policy]).output
    #expect(own.contains("team.create (in acme)"))
    #expect(own.contains("Own: job"))
    #expect(own.contains("scope:api, role:power and team:ops\n"))
    let json = run(["show", "p", "--output", "json"], ["p": Self.policy]).output
    #expect(
      json.contains(
        #"{"api":"Own: job","action":"job.run","allowedFor":[["operator"],["scope:api"],"#
          + #"["role:power","team:ops"]]}"#))
    let members = #","tokenHeader":"x-sf-token","corsPreflight":"denied"}"#
    #expect(json.contains(members), "\(json.suffix(200))")
    #expect(json.contains(#"{"route":"PUT /v2/team/{id}","action":"team.update","resource":"id"}"#))
  }

  @Test func tests() {
    let files = [
      "p": Self.policy,
      "good": """
      { cases: [
        { action: "job.run", holds: ["team:ops", "role:power"], allowed: true },
        { action: "team.create", organization: "acme", allowed: true },
        { action: ["team.create", "team.delete"], allowed: false },
        { action: "team.create", organization: "acme", in_organization: false, allowed: false },
      ] }
      """,
      "bad": """
      { cases: [
        { action: "job.run", holds: ["role:power"], allowed: true },
        { action: "job.run", subject: "org_token", holds: ["scope:api"], allowed: false },
      ] }
      """,
      "broken": """
      { cases: [
        { action: "job.walk", allowed: true }, { action: "job.run" },
        { action: "job.run", subject: "cat", allowed: true },
        { action: "job.run", holds: ["root"], allowed: true },
        { action: "job.run", holds: [], alowed: true, allowed: 1 },
      ] }
      """,
    ]
    let good = run(["test", "good", "--policy", "p"], files)
    #expect(good.code == .success && good.output == "5 cases, all as expected\n")
    #expect(good.errors.hasPrefix("no case tests: integration.create, "))
    let bad = run(["test", "bad", "--policy", "p"], files)
    #expect(bad.code == .denied)
    #expect(
      bad.output == """
        bad:2:13: expected an allow: `job.run` is allowed for: role:power and team:ops
        bad:3:13: expected a deny: `job.run` is allowed for: scope:api
        2 cases, 2 not as expected

        """)
    let broken = run(["test", "broken", "--policy", "p"], files)
    #expect(broken.code == .failure)
    for problem in [
      "broken:2:13: the policy has no action `job.walk`", "broken:2:42: a case needs `action`",
      "broken:3:33: a subject is one of `user`, `org_token`, `process`",
      "broken:4:32: unknown relation `root`", "broken:5:35: unknown key `alowed`",
    ] {
      #expect(broken.errors.contains(problem), "\(broken.errors)")
    }
    #expect(run(["test", "good"], files).code == .failure, "the built-in policy has no jobs")
  }
}
