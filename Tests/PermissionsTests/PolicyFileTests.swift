internal import JSON5
internal import Permissions
internal import Testing

/// Policy files: what they mean, and where they say what is wrong.
@Suite struct PolicyFileTests {
  private func read(_ text: String) -> [String] {
    do throws(PolicyFileError) {
      return try PolicyFile(text).warnings.map(Self.line)
    } catch {
      return error.problems.map(Self.line)
    }
  }

  private static func line(_ problem: JSON5Error) -> String {
    "\(problem.place.line):\(problem.place.column) \(problem.problem)"
  }

  private static let example = """
    // What a report may have done to it.
    {
      organizations: { acme: { actions: {
        "report.export": { any: ["member"] }, 'dashboard.create': { all: ["role:power"] },
      } } },
      resource_types: { report: { writers: true }, job: { stored: false } },
      roles: ["billing"],
      actions: {
        "report.create": { any: ["member"] }, "report.update": { any: ["creator", "writer"] },
        "report.delete": { any: ["creator"] }, "report.set_writer": { any: ["administrator"] },
        "report.remove_writer": { any: ["administrator", "self"] },
        "report.export": {
          any: [
            "administrator", { all: ["role:billing", "member"] }, "writer", "team:ops", "scope:api",
            "creator", "self",
          ],
        },
        "job.start": { any: [{ all: ["scope:api", "scope:rum"] }] },
        "dashboard.create": { any: ["role:power", "role:administrator"] },
      },
    }
    """

  /// As many routes as fit into a file are refused at once, by one problem.
  @Test func tooManyRoutesAreOneProblem() throws {
    func file(_ count: Int) -> String {
      let routes = (0..<count).map { "\"GET /r\($0)/{id}\": \"open\"" }
      return "{ routes: { " + routes.joined(separator: ", ") + " } }"
    }
    let most = RouteTable.maximumCount
    #expect(read(file(15_000)) == ["1:11 a policy has at most \(most) routes"])
    // The built-in ones count too.
    let builtIn = Policy.builtInRoutes.count
    #expect(read(file(most - builtIn + 1)) == ["1:11 a policy has at most \(most) routes"])
    let policy = try PolicyFile(file(most - builtIn)).policy
    #expect(policy.routes.count == most)
    for number in 0..<(most - builtIn) {
      let target = "/r\(number)/x"
      guard
        case .found(let match) = policy.routes.lookup(
          method: "GET".utf8Span.span, target: target.utf8Span.span)
      else {
        Issue.record("nothing fits \(target)")
        continue
      }
      #expect(match.access == .open)
    }
  }

  @Test func routesCarryAProxysQuestionsToActions() throws {
    let policy = try PolicyFile(
      """
      { resource_types: { report: { stored: false } }, token_header: "x-key",
        actions: { "report.export": { any: ["member"] } },
        routes: {
          "GET /v2/report/{id}": { action: "report.export", resource: "id" },
          "GET /v2/detector/{other}": "denied", "POST /v2/reports": "open",
        } }
      """
    ).policy
    func access(_ method: String, _ target: String) -> RouteAccess? {
      guard
        case .found(let match) = policy.routes.lookup(
          method: method.utf8Span.span, target: target.utf8Span.span)
      else { return nil }
      return match.access
    }
    #expect(access("GET", "/v2/report/17") == .action("report.export"))
    #expect(access("GET", "/v2/report") == nil)
    #expect(access("POST", "/v2/reports") == .open)
    // In the place of a built-in one, whose neighbours stay.
    #expect(access("GET", "/v2/detector/17") == .denied)
    #expect(access("PUT", "/v2/detector/17") == .action("detector.update"))
    #expect(policy.tokenHeader == "x-key" && !policy.opensPreflights)
  }

  @Test(arguments: [
    (#"{ routes: { "GET": "open" } }"#, "1:13 `GET` is not a route: it must be `METHOD /path`"),
    (#"{ routes: { "GET /a": "close" } }"#, "1:23 a route must be an object"),
    (#"{ routes: { "get /a": "open" } }"#, "1:13 the method `get` must match"),
    (#"{ routes: { "GET /a//b": "open" } }"#, "1:13 "),
    (#"{ routes: { "GET /a": { action: "a.b" } } }"#, "1:33 there is no action `a.b`"),
    (#"{ routes: { "GET /a": {} } }"#, "1:23 a route must name its `action`"),
    (#"{ routes: { "GET /a": { method: "x" } } }"#, "1:25 unknown key `method` in a route"),
    (
      #"{ routes: { "GET /a/{x}": { action: "team.create", resource: "y" } } }"#,
      "1:13 `GET /a/{x}` has no variable `y`"
    ),
    (
      #"{ routes: { "GET /a/{x}": "open", "GET /a/{y}": "denied" } }"#,
      "1:35 the route `GET /a/{y}` is there twice"
    ),
    (#"{ routes: { "GET /V2/x": "open" } }"#, "1:11 the segments"),
    (#"{ token_header: "a b" }"#, "1:17 "),
    (#"{ cors_preflight: "close" }"#, "1:19 `cors_preflight` must be `open` or `denied`"),
    (#"{ cors_preflight: true }"#, "1:19 `cors_preflight` must be `open` or `denied`"),
    (#"{ issued_tokens: { end_with_issuer: 1 } }"#, "1:37 `end_with_issuer` must be true or false"),
  ]) func namesWhatIsWrongWithARoute(text: String, problem: String) {
    let lines = read(text)
    #expect(lines.contains { $0.hasPrefix(problem) }, "\(lines)")
  }

  @Test func addsToTheBuiltInPolicy() throws {
    let file = try PolicyFile(Self.example)
    #expect(file.warnings.isEmpty)
    let policy = file.policy
    func names(_ action: String, _ organization: String) throws -> String {
      let found = policy.action(named: action.utf8Span.span)
      let action = try #require(found)
      return policy.alternatives(of: action, in: organization.utf8Span.span)
        .map { $0.map(policy.name(of:)).joined(separator: " and ") }.joined(separator: ", ")
    }
    #expect(
      try names("report.export", "other")
        == "operator, scope:api, self, administrator, creator, team:ops, writer, "
        + "member and role:billing")
    #expect(try names("report.export", "acme") == "operator, member")
    #expect(try names("report.update", "acme") == "operator, creator, writer")
    #expect(try names("job.start", "acme") == "scope:api and scope:rum")
    #expect(try names("dashboard.create", "acme") == "operator, role:power")
    #expect(try names("dashboard.create", "other") == "operator, administrator, role:power")
    #expect(try names("dashboard.update", "acme") == "operator, administrator, writer")
    #expect(try names("datapoint.ingest", "acme") == "scope:ingest")
    #expect(policy.isWritableItem("report".utf8Span.span) == true)
    #expect(policy.isResourceType("job".utf8Span.span) == false)
    #expect(policy.isRole("billing".utf8Span.span) == true)
    #expect(policy.organizationIDs == ["acme"])
  }

  @Test func anEmptyFileIsTheBuiltInPolicy() throws {
    let policy = try PolicyFile("{}").policy
    #expect(policy.actionCount == Policy.builtIn.actionCount)
    for position in 0..<policy.actionCount {
      let (action, builtIn) = (policy.action(at: position), Policy.builtIn.action(at: position))
      #expect(policy.name(of: action) == Policy.builtIn.name(of: builtIn))
      #expect(policy.alternatives(of: action) == Policy.builtIn.alternatives(of: builtIn))
    }
  }

  /// Each broken in one way.
  @Test(arguments: [
    ("[]", "1:1 the policy must be an object, not a list"),
    (
      "{x: 1}",
      "1:2 unknown key `x` in the policy: it may have `resource_types`, `roles`, "
        + "`actions`, `organizations`, `routes`, `token_header`, `cors_preflight`, "
        + "`issued_tokens`"
    ),
    ("{roles: ['a', 'a']}", "1:15 the role `a` is built in or declared twice"),
    ("{roles: ['power']}", "1:10 the role `power` is built in or declared twice"),
    ("{roles: ['administrator']}", "1:10 the role `administrator` is built in or declared twice"),
    ("{roles: [1]}", "1:10 expected the name of a role, not a number"),
    ("{roles: ['A']}", "1:10 the name `A` must match `[a-z][a-z0-9_]{0,63}`"),
    ("{roles: {}}", "1:9 `roles` must be a list of names, not an object"),
    ("{resource_types: {team: {}}}", "1:19 the resource type `team` is built in"),
    (
      "{resource_types: {a: {writer: true}}}",
      "1:23 unknown key `writer` in a resource type: it may have `writers`, `stored`"
    ),
    ("{resource_types: {a: {writers: 1}}}", "1:32 `writers` must be true or false"),
    (
      "{resource_types: {a: {writers: true, stored: false}}}",
      "1:22 only what is stored can have writers"
    ),
    ("{resource_types: {a: {}, a: {}}}", "1:26 the key `a` is given twice"),
  ])
  func refusesDeclarations(_ text: String, _ problem: String) {
    #expect(read(text) == [problem])
  }

  @Test(arguments: [
    ("'team.create': {any: ['root']}", 32, "unknown relation `root`"),
    ("'team.create': {any: ['role:x']}", 32, "unknown role `x`: `roles` must declare it"),
    ("'team.create': {any: ['team:a b']}", 32, "`a b` is not a valid id of a team"),
    (
      "'team.create': {any: ['operator']}", 32,
      "operators may do everything: a rule doesn't name them"
    ),
    ("'team.create': {any: ['writer']}", 32, "a `team` has no writers"),
    (
      "'team.create': {any: ['creator']}", 32,
      "a `team` has no creator: the directory doesn't keep any"
    ),
    ("'team.create': {any: []}", 25, "it must name at least one relation"),
    ("'team.create': {any: ['self', {all: []}]}", 40, "it must name at least one relation"),
    (
      "'team.create': {any: [1]}", 32,
      "expected a relation or `{ all: [...] }`, not a number"
    ),
    ("'team.create': {any: [{any: []}]}", 33, "unknown key `any`: expected `{ all: [...] }`"),
    (
      "'team.create': {any: ['self'], all: ['self']}", 25,
      "expected `{ any: [...] }` or `{ all: [...] }`"
    ),
    (
      "'team.create': ['self']", 25,
      "expected a relation or `{ any: [...] }` or `{ all: [...] }`, not a list"
    ),
    ("'team.create': {any: 'self'}", 31, "`any` must be a list"),
    ("'team.create': {all: ['self', {}]}", 40, "expected the name of a relation, not an object"),
    (
      "'team.create': {any: ['administrator', {all: ['scope:api', 'member']}]}", 49,
      "no subject ever holds `scope:api` and `member`"
    ),
    (
      "'team.create': {any: ['issuer', {all: ['issuer', 'self']}]}", 42,
      "no subject ever holds `issuer` and `self`"
    ),
    ("'team.create': {any: ['self', {all: ['self', 'self']}]}", 55, "`self` is named twice"),
    (
      "'team.create': {any: [{all: ['self', 'team:a']}, 'team:a']}", 32,
      "it is never needed: `team:a` allows it too"
    ),
    ("'team.create': {any: ['self', 'self']}", 40, "it is never needed: `self` allows it too"),
    (
      "'team.create': {any: ['member', 'administrator']}", 42,
      "it is never needed: `member` allows it too"
    ),
    (
      "'team.create': {any: [{all: ['role:power', 'member']}, 'role:power']}", 65,
      "it is never needed: `role:power` and `member` allows it too"
    ),
    (
      "'team.create': {any: ['self']}, 'team.create': {any: ['member']}", 42,
      "the key `team.create` is given twice"
    ),
    ("'report.create': {any: ['self']}", 10, "the resource type `report` is not declared"),
    ("'team': {any: ['self']}", 10, "`team` is not an action: it must be `TYPE.VERB`"),
    ("'team.a.b': {any: ['self']}", 10, "`team.a.b` is not an action: it must be `TYPE.VERB`"),
    (
      "'datapoint.ingest': {any: ['member']}", 10,
      "`datapoint.ingest` is only for org tokens with the scope `ingest`"
    ),
  ])
  func refusesRules(_ rule: String, _ column: Int, _ problem: String) {
    #expect(read("{actions:{\(rule)}}") == ["1:\(column + 1) \(problem)"])
    let own = "{organizations:{acme:{\nactions:{\(rule)}}}}"
    if !rule.contains("report"), !rule.contains("'team'"), !rule.contains("a.b") {
      #expect(read(own) == ["2:\(column) \(problem)"])
    }
  }

  @Test func refusesOrganizations() {
    #expect(
      read("{organizations: {'a b': {}}}") == ["1:18 `a b` is not a valid id of an organization"])
    #expect(
      read("{organizations: {a: {roles: []}}}")
        == ["1:22 unknown key `roles` in an organization: it may have `actions`"])
    #expect(
      read("{organizations: {a: {actions: {'team.fold': {any: ['self']}}}}}")
        == ["1:32 there is no action `team.fold`"])
  }

  @Test func reportsEverythingAtOnce() {
    let text = """
      {
        actions: { "team.create": { any: ["root"] }, "team.delete": { any: ["writer"] } },
        rolls: [],
        roles: ["A"],
      }
      """
    #expect(
      read(text) == [
        "2:37 unknown relation `root`", "2:71 a `team` has no writers",
        "3:3 unknown key `rolls` in the policy: it may have `resource_types`, `roles`, `actions`, "
          + "`organizations`, `routes`, `token_header`, `cors_preflight`, `issued_tokens`",
        "4:11 the name `A` must match `[a-z][a-z0-9_]{0,63}`",
      ])
    let many = (0..<500).map { "a\($0): 1" }.joined(separator: ",")
    #expect(read("{\(many)}").count == 100)
  }

  @Test func warnsOfWhatIsProbablyNotMeant() {
    let text = """
      { resource_types: { report: { writers: true } }, roles: ["billing"],
        actions: { "report.create": { any: ["member"] } },
        organizations: { acme: { actions: { "team.create": { any: ["administrator"] } } } } }
      """
    #expect(
      read(text) == [
        "1:21 some changes are never allowed: there is no action `report.update`, `report.delete`, "
          + "`report.set_writer`, `report.remove_writer`",
        "1:58 no rule asks for the role `billing`",
        "3:39 `team.create` is the same as for all organizations",
      ])
  }

  @Test func isBounded() {
    let relations = (0..<65).map { "'team:t\($0)'" }.joined(separator: ",")
    #expect(
      read("{actions:{'team.create':{any:[\(relations)]}}}") == ["1:25 there are more than 64"])
    #expect(
      read("{actions:{'team.create':{all:[\(relations)]}}}") == ["1:25 there are more than 64"])
    let verbs = (0..<4096).map { "'team.v\($0)': {any: ['self']}" }.joined(separator: ",")
    #expect(
      read("{actions:{\(verbs)}}") == ["1:1 a policy has at most 4096 types and actions"])
  }
}
