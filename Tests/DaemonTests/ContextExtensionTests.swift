internal import PosternClient
internal import TestSupport
internal import Testing

/// The settings of a route in Envoy's configuration: they bind every request, or it is denied.
@Suite struct ContextExtensionTests {
  private let world: World

  init() throws { world = try World() }

  private func ask(
    _ kind: PeerKind, _ method: String, _ path: String,
    _ subject: PermissionMatrixTests.Subject?, _ extensions: [(String, String)]
  ) throws -> AuthorizationAnswer {
    var question = AuthorizationQuestion(method: method, path: path, extensions: extensions)
    if let subject {
      question.headers = [("authorization", "Bearer \(world.secret(of: subject))")]
    }
    let peer = try kind.connect(world.daemon)
    try peer.sendUnary(AuthorizationQuestion.call(question.payload), stream: 1)
    let outcome = try peer.unary(1)
    #expect(outcome.code == 0)
    return try AuthorizationAnswer(outcome.payload)
  }

  /// Whether a request is let through; one that isn't is denied in every way.
  private func isAllowed(
    _ kind: PeerKind, _ method: String, _ path: String,
    _ subject: PermissionMatrixTests.Subject?, _ extensions: [(String, String)]
  ) throws -> Bool {
    let answer = try ask(kind, method, path, subject, extensions)
    if !answer.isAllowed { #expect(answer.denies(403), "\(path) \(extensions): \(answer)") }
    return answer.isAllowed
  }

  private static func resource(_ id: String) -> (String, String) { ("postern.resource_id", id) }
  private static func user(_ id: String) -> (String, String) { ("postern.target_user_id", id) }
  private static func organization(_ id: String) -> (String, String) {
    ("postern.organization_id", id)
  }
  private static func action(_ name: String) -> (String, String) { ("postern.action", name) }

  @Test(arguments: PeerKind.allCases) func anActionComesFirst(kind: PeerKind) throws {
    func allowed(
      _ subject: PermissionMatrixTests.Subject, _ path: String, _ extensions: [(String, String)]
    ) throws -> Bool { try isAllowed(kind, "PUT", path, subject, extensions) }
    let update = Self.action("dashboard.update")
    // The route would allow the first and not the second.
    #expect(try !allowed(.writer, "/v2/dashboard/one", [update]))
    #expect(try allowed(.writer, "/v2/dashboard/another", [update, Self.resource("one")]))
    #expect(try !allowed(.writer, "/v2/dashboard/one", [Self.resource("another")]))
    #expect(try allowed(.writer, "/../any;thing", [update, Self.resource("one")]))
    #expect(
      try allowed(
        .writer, "/x", [update, Self.resource("one"), ("postern.resource_type", "dashboard")]))
    #expect(try !allowed(.administrator, "/x", [update, ("postern.resource_type", "detector")]))
    #expect(try !allowed(.administrator, "/x", [update, Self.organization("other")]))
    #expect(try allowed(.administrator, "/x", [update, Self.organization("acme")]))
    let remove = Self.action("team.remove_member")
    #expect(try allowed(.user, "/x", [remove, Self.user("bob")]))
    #expect(try !allowed(.user, "/x", [remove, Self.user("carol")]))
    let get = Self.action("organization.get")
    #expect(try allowed(.administrator, "/x", [get, Self.resource("acme")]))
    #expect(try !allowed(.administrator, "/x", [get, Self.resource("other")]))
    // Others' keys are left alone.
    #expect(
      try allowed(.writer, "/v2/dashboard/one", [("virtual_host", "x"), ("", ""), ("p", "")]))
  }

  /// The administrator may do all of it, so that only the extension can be why it is denied.
  @Test(arguments: PeerKind.allCases) func extensionsThatNoRuleReadsDeny(kind: PeerKind) throws {
    for (name, extensions) in [
      ("dashboard.update", [Self.user("bob")]), ("dashboard.create", [Self.resource("one")]),
      ("dashboard.create", [Self.user("alice")]), ("integration.update", [Self.resource("17")]),
      ("team.remove_member", [Self.user("bob"), Self.resource("writers")]),
      ("organization.get", [Self.user("alice")]), ("org_token.delete", [Self.resource("ci")]),
      ("dashboard.update", [Self.resource("one"), Self.user("alice")]),
    ] as [(String, [(String, String)])] {
      let all = [Self.action(name)] + extensions
      #expect(try !isAllowed(kind, "PUT", "/x", .administrator, all), "\(all)")
    }
    for (method, path, extensions) in [
      ("PUT", "/v2/dashboard/one", [Self.user("alice")]),
      ("POST", "/v2/dashboard", [Self.resource("one")]),
      ("PUT", "/v2/token/ci", [Self.resource("ci")]),
      ("POST", "/v2/team", [Self.user("alice")]),
      ("POST", "/v2/dashboard", [Self.organization("other")]),
    ] {
      #expect(
        try !isAllowed(kind, method, path, .administrator, extensions), "\(path) \(extensions)")
    }
    #expect(
      try isAllowed(kind, "POST", "/v2/dashboard", .administrator, [Self.organization("acme")]))
  }

  /// The path names the action; an extension that names another one is a mistake or an attack.
  @Test(arguments: PeerKind.allCases) func extensionsThatContradictThePathDeny(kind: PeerKind)
    throws
  {
    let member = "/v2/team/writers/member/"
    for (method, path, extensions, allowed) in [
      ("PUT", "/v2/dashboard/another", [Self.resource("one")], false),
      ("PUT", "/v2/dashboard/one", [Self.resource("another")], false),
      ("PUT", "/v2/dashboard/one", [Self.resource("one")], true),
      ("PUT", "/v2/integration/17", [Self.resource("17")], true),
      ("PUT", "/v2/integration/17", [Self.resource("18")], false),
      ("DELETE", member + "carol", [Self.user("carol")], true),
      ("DELETE", member + "carol", [Self.user("bob")], false),
      ("DELETE", member + "a%40b", [Self.user("a@b")], true),
      ("DELETE", member + "a%40b", [Self.user("a%40b")], false),
      ("DELETE", "/v2/organization/member/carol", [Self.user("carol")], true),
      ("DELETE", "/v2/organization/member/carol", [Self.user("dave")], false),
    ] {
      let answer = try isAllowed(kind, method, path, .administrator, extensions)
      #expect(answer == allowed, "\(path) \(extensions)")
    }
  }

  /// A route that asks for no action holds a request to the organization, or denies what it can't
  /// hold it to.
  @Test(arguments: PeerKind.allCases) func routesWithoutAnActionBindToo(kind: PeerKind) throws {
    for subject in [PermissionMatrixTests.Subject.user, .apiToken] {
      func allowed(_ extensions: [(String, String)]) throws -> Bool {
        try isAllowed(kind, "GET", "/v2/dashboard", subject, extensions)
      }
      #expect(try allowed([Self.organization("acme")]))
      #expect(try !allowed([Self.organization("other")]))
      #expect(try !allowed([Self.organization("acm")]))
      #expect(try allowed([("postern.remove_token", "true")]))
      for named in [
        Self.resource("one"), ("postern.resource_type", "dashboard"), Self.user("bob"),
      ] {
        #expect(try !allowed([named]), "\(named)")
        #expect(try !allowed([Self.organization("acme"), named]), "\(named)")
        #expect(try !isAllowed(kind, "POST", "/v2/session", nil, [named]))
      }
    }
    #expect(try isAllowed(kind, "POST", "/v2/session", nil, [("postern.remove_token", "true")]))
    #expect(try !isAllowed(kind, "POST", "/v2/session", .user, [Self.organization("acme")]))
  }

  private static let mistakes: [[(String, String)]] = [
    [("postern.acton", "dashboard.update")], [("postern.", "x")],
    [("postern_action", "dashboard.update")], [("Postern-organization_id", "acme")],
    [("postern.action", "")],
    [("postern.action", "dashboard.none")], [("postern.action", "dashboard")],
    [("postern.action", "dashboard.create"), ("postern.action", "dashboard.create")],
    [("postern.resource_id", "one"), ("postern.resource_id", "another")],
    [("postern.resource_id", "not valid")], [("postern.organization_id", "..")],
    [("postern.target_user_id", "a/b")], [("postern.remove_token", "yes")],
    [("postern.remove_token", "true"), ("postern.remove_token", "true")],
    [("postern.resource_type", "integration")],
  ]

  @Test(arguments: PeerKind.allCases) func mistakesDeny(kind: PeerKind) throws {
    for extensions in Self.mistakes {
      let answer = try ask(kind, "PUT", "/v2/dashboard/one", .administrator, extensions)
      #expect(answer.denies(403), "\(extensions): \(answer)")
      for (_, value) in extensions where value.count > 8 { #expect(!answer.body.contains(value)) }
    }
  }
}
