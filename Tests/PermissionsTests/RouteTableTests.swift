internal import Permissions
internal import TestSupport
internal import Testing

@Suite struct RouteTableTests {
  /// Looks up `METHOD target` and says what was found: action and variables, or why nothing.
  private func look(_ table: RouteTable, _ request: String) -> String {
    let parts = request.split(separator: " ", maxSplits: 1).map { Array($0.utf8) }
    let method = parts.count == 2 ? parts[0] : []
    let target = parts.last ?? []
    switch table.lookup(method: method.span, target: target.span) {
    case .none: return "none"
    case .refused(let problem): return "\(problem)"
    case .found(let match):
      var text =
        switch match.access {
        case .action(let name): name
        case .authenticated: "authenticated"
        case .open: "open"
        case .denied: "denied"
        }
      let id = String(match.resourceID(in: target.span))
      let user = match.decodedUserID(in: target.span).map { String(decoding: $0, as: UTF8.self) }
      let organization = String(match.organizationID(in: target.span))
      if !id.isEmpty { text += " id=\(id)" }
      if let user = user ?? Optional(String(match.userID(in: target.span))), !user.isEmpty {
        text += " user=\(user)"
      }
      if !organization.isEmpty { text += " organization=\(organization)" }
      return text
    }
  }

  private func table(_ rules: [RouteRule]) throws -> RouteTable { try RouteTable(rules) }

  private func error(_ rules: RouteRule...) -> RouteError? {
    do throws(RouteError) {
      _ = try RouteTable(rules)
      return nil
    } catch {
      return error
    }
  }

  @Test func readsVariables() throws {
    let table = try table([
      RouteRule("GET", "/", access: .open),
      RouteRule(
        "PUT", "/org/{org}/team/{team}/member/{who}", access: .action("team.add_member"),
        resource: "team",
        user: "who", organization: "org"),
      RouteRule("GET", "/{any}", access: .authenticated),
      RouteRule("GET", "/org", access: .denied),
    ])
    #expect(look(table, "GET /") == "open")
    #expect(look(table, "GET /?a=b") == "open")
    #expect(look(table, "GET /x") == "authenticated")
    #expect(look(table, "GET /org") == "denied")
    #expect(look(table, "GET /x/y") == "none")
    #expect(
      look(table, "PUT /org/acme/team/ops/member/alice?org=other&who=mallory")
        == "team.add_member id=ops user=alice organization=acme")
    #expect(
      look(table, "PUT /org/acme/team/ops/member/al%2Bx%40example.com")
        == "team.add_member id=ops user=al+x@example.com organization=acme")
    #expect(look(table, "PUT /org/acme/team/ops/member") == "none")
    #expect(look(table, "PUT /org/acme/team/ops/member/alice/x") == "none")
    #expect(look(table, "PUT /org//team/ops/member/alice") == "emptySegment")
  }

  @Test func methodsAreTakenAsTheyAre() throws {
    let table = try table([
      RouteRule("GET", "/a", access: .authenticated),
      RouteRule("DELETE", "/a", access: .action("a.delete")),
    ])
    #expect(look(table, "GET /a") == "authenticated")
    #expect(look(table, "DELETE /a") == "a.delete")
    for method in ["get", "Get", "HEAD", "POST", "OPTIONS", "GETX", "GE", "*", ""] {
      #expect(look(table, "\(method) /a") == "none" || method.isEmpty)
    }
    #expect(look(table, "/a") == "none")
  }

  /// A literal is final: what lies behind the variable beside it can't be reached by its name.
  @Test func aLiteralComesBeforeAVariable() throws {
    let table = try table([
      RouteRule("GET", "/item/{id}", access: .authenticated),
      RouteRule("DELETE", "/item/{id}", access: .action("item.delete"), resource: "id"),
      RouteRule("GET", "/item/{id}/part", access: .authenticated),
      RouteRule("GET", "/item/secret", access: .action("item.reveal")),
    ])
    #expect(look(table, "GET /item/1") == "authenticated")
    #expect(look(table, "GET /item/secret") == "item.reveal")
    #expect(look(table, "DELETE /item/secret") == "none")
    #expect(look(table, "GET /item/secret/part") == "none")
    #expect(look(table, "GET /item/secrets") == "authenticated")
    // The server behind may take all of these for the literal.
    for spelling in ["Secret", "SECRET", "secreT"] {
      #expect(look(table, "GET /item/\(spelling)") == "none")
    }
    for spelling in ["%73ecret", "secret;a=b", "secret/", "./secret", "secret%00", "secret%2f"] {
      #expect(!["authenticated", "none"].contains(look(table, "GET /item/\(spelling)")))
    }
  }

  @Test func theOrderOfRulesMakesNoDifference() throws {
    var rules = Policy.builtInRoutes
    var random = SplitMix64(seed: 7)
    let requests = rules.map { "\($0.method) \($0.template)".replacing(/[{}]/, with: "") }
    let expected = try requests.map { look(try table(rules), $0) }
    for _ in 0..<20 {
      rules.shuffle(using: &random)
      let table = try table(rules)
      #expect(table.count == rules.count)
      #expect(requests.map { look(table, $0) } == expected)
    }
  }

  /// Against a model that tries every rule.
  @Test func findsWhatAModelFinds() throws {
    var random = SplitMix64(seed: 11)
    let words = ["a", "b", "ab", "B", "x"]
    for _ in 0..<300 {
      var rules: [RouteRule] = []
      for number in 0..<Int.random(in: 0...12, using: &random) {
        let segments = (0..<Int.random(in: 1...3, using: &random)).map { position in
          Bool.random(using: &random)
            ? "{v\(position)}" : ["a", "b", "ab"].randomElement(using: &random) ?? "a"
        }
        let rule = RouteRule(
          "GET", "/" + segments.joined(separator: "/"), access: .action("rule.n\(number)"))
        if (try? RouteTable(rules + [rule])) != nil { rules.append(rule) }
      }
      let table = try table(rules)
      for _ in 0..<60 {
        let path = (0..<Int.random(in: 1...3, using: &random)).map { _ in
          words.randomElement(using: &random) ?? "a"
        }
        let found = look(table, "GET /" + path.joined(separator: "/"))
        #expect(found == Self.model(rules, path), "\(path) of \(rules.map(\.template))")
      }
    }
  }

  private static func model(_ rules: [RouteRule], _ path: [String]) -> String {
    var left = rules.map { ($0, $0.template.split(separator: "/").map(String.init)) }
    for (index, segment) in path.enumerated() {
      left = left.filter { $0.1.count > index }
      let literals = left.filter { $0.1[index].lowercased() == segment.lowercased() }
      left =
        literals.isEmpty
        ? left.filter { $0.1[index].hasPrefix("{") } : literals.filter { $0.1[index] == segment }
    }
    guard let (rule, _) = left.first(where: { $0.1.count == path.count }),
      case .action(let name) = rule.access
    else { return "none" }
    return name
  }

  @Test func wrongRulesAreRefused() {
    let right = RouteRule("GET", "/a/{id}", access: .action("a.b"), resource: "id")
    #expect(error(right) == nil)
    #expect(error() == nil)
    #expect(error(right, right) == .duplicate(route: "GET /a/{id}"))
    let renamed = RouteRule("GET", "/a/{other}", access: .open)
    #expect(error(right, renamed) == .duplicate(route: "GET /a/{other}"))
    #expect(error(right, RouteRule("PUT", "/a/{other}", access: .open)) == nil)
    #expect(
      error(right, RouteRule("PUT", "/A/b", access: .open)) == .ambiguousCase("a", "A"))
    for method in ["", "get", "G T", "GET/", String(repeating: "A", count: 33)] {
      #expect(error(RouteRule(method, "/", access: .open)) == .badMethod(method))
    }
    for template in ["", "a", "//", "/a/", "/a//b", "a/b"] {
      #expect(error(RouteRule("GET", template, access: .open)) == .badTemplate("GET \(template)"))
    }
    for literal in [".", "..", "...", "a b", "a%20b", "ä", "a?b", "a;b", "a{b", "*", "a:b"] {
      #expect(
        error(RouteRule("GET", "/x/\(literal)", access: .open))
          == .badLiteral(literal, route: "GET /x/\(literal)"))
    }
    for name in ["", "A", "1", "a-b", "é"] {
      #expect(
        error(RouteRule("GET", "/{\(name)}", access: .open))
          == .badVariable(name, route: "GET /{\(name)}"))
    }
    #expect(error(RouteRule("GET", "/{a}/{a}", access: .open)) != nil)
    #expect(error(RouteRule("GET", "/{a", access: .open)) != nil)
    #expect(error(RouteRule("GET", "/a}", access: .open)) != nil)
    let deep = (0...8).map { "/{v\($0)}" }.joined()
    #expect(
      error(RouteRule("GET", deep, access: .open))
        == .tooManyVariables(route: "GET \(deep)", maximum: 8))
    #expect(
      error(RouteRule("GET", "/{a}", access: .action("a.b"), user: "b"))
        == .unknownVariable("b", route: "GET /{a}"))
    #expect(
      error(RouteRule("GET", "/{a}", access: .authenticated, organization: "a"))
        == .needlessVariable("a", route: "GET /{a}"))
    let many = (0...RouteTable.maximumCount).map { RouteRule("GET", "/a\($0)", access: .open) }
    #expect(throws: RouteError.tooMany(maximum: RouteTable.maximumCount)) { try RouteTable(many) }
  }

  @Test func policiesCheckTheirRoutes() {
    func error(_ route: RouteRule, header: String = "") -> PolicyError? {
      do throws(PolicyError) {
        _ = try Policy(
          resourceTypes: [ResourceTypeRule("a", .plain)],
          actions: [ActionRule("a", "b", allowing: .member)],
          routes: [route], tokenHeader: header)
        return nil
      } catch {
        return error
      }
    }
    let right = RouteRule("GET", "/", access: .action("a.b"))
    #expect(error(right, header: "x-token") == nil)
    #expect(error(RouteRule("GET", "/", access: .action("a.c"))) == .unknownAction("a.c"))
    #expect(error(RouteRule("get", "/", access: .open)) == .badRoutes(.badMethod("get")))
    for header in ["X-Token", "authorization", "host", ":path", "x-postern-user-id", "a b"] {
      #expect(error(right, header: header) == .badTokenHeader(header))
    }
  }

  @Test(arguments: [
    ("GET /v2/integration", "authenticated"), ("POST /v2/integration", "integration.create"),
    ("GET /v2/integration/17", "authenticated"),
    ("PUT /v2/integration/17", "integration.update id=17"),
    ("DELETE /v2/integration/17", "integration.delete id=17"),
    ("GET /v2/integration/validate/17", "integration.validate id=17"),
    ("GET /v2/integration/validate", "none"), ("DELETE /v2/integration/validate", "none"),
    ("POST /v2/token", "org_token.create"), ("GET /v2/token", "org_token.update"),
    ("PUT /v2/token/my%20token", "org_token.update"),
    ("DELETE /v2/token/x", "org_token.delete"), ("POST /v2/token/x/rotate", "org_token.rotate"),
    ("POST /v2/dashboard", "dashboard.create"),
    ("PUT /v2/dashboard/one", "dashboard.update id=one"),
    ("DELETE /v2/dashboardgroup/one", "dashboard_group.delete id=one"),
    ("PUT /v2/detector/one?x=/", "detector.update id=one"),
    ("PUT /v2/detector/one/disable", "detector.update id=one"),
    ("GET /v2/organization", "organization.get"),
    ("GET /v2/organization/member", "organization_user.get"),
    ("POST /v2/organization/member", "organization.invite_user"),
    ("POST /v2/organization/members", "organization.invite_users"),
    ("PUT /v2/organization/member/bob", "organization_user.grant_admin user=bob"),
    ("DELETE /v2/organization/member/bob%40x.org", "organization_user.delete user=bob@x.org"),
    ("PUT /v2/metric-category/cpu", "metric_category.update id=cpu"),
    ("POST /v2/team", "team.create"), ("PUT /v2/team/ops", "team.update id=ops"),
    ("PUT /v2/team/ops/member/bob", "team.add_member id=ops user=bob"),
    ("DELETE /v2/team/ops/member/bob", "team.remove_member id=ops user=bob"),
    ("POST /v2/datapoint", "datapoint.ingest"), ("GET /v2/datapoint", "none"),
    ("POST /v2/session", "open"), ("DELETE /v2/session", "authenticated"),
    ("GET /v2/session", "none"), ("GET /", "none"), ("GET /v2", "none"), ("GET /metrics", "none"),
    ("GET /V2/integration", "none"), ("PATCH /v2/integration/17", "none"),
  ])
  func builtInRoutes(_ request: String, _ expected: String) {
    #expect(look(Policy.builtIn.routes, request) == expected)
  }

  /// The reference's table: each of its actions can be reached, but for those that lie in a body,
  /// and roles, audit, usage and directory, which the reference has no API for.
  @Test func builtInRoutesReachTheActions() {
    let reached = Set(
      Policy.builtInRoutes.compactMap { rule in
        if case .action(let name) = rule.access { name } else { nil }
      })
    let policy = Policy.builtIn
    for position in 0..<policy.actionCount {
      let name = policy.name(of: policy.action(at: position))
      let isInBody = name.hasSuffix("_writer") || name.hasPrefix("user_token.")
      let isOurs = [
        "organization_user.set_roles", "audit.read", "usage.read", "directory.export",
      ].contains(name)
      #expect(reached.contains(name) || isInBody || isOurs, "\(name)")
    }
  }
}

extension String {
  fileprivate init(_ bytes: Span<UInt8>) {
    self.init(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
  }
}
