internal import PosternClient
internal import TestSupport
internal import Testing

/// CORS preflights at `ext_authz`: a browser asks without a token what it may send.
@Suite struct PreflightTests {
  private let folder = TemporaryFolder()

  private static let routes = """
    routes: {
      "GET /v2/closed": "denied", "POST /v2/ours": "authenticated",
      "OPTIONS /v2/ours": "denied", "OPTIONS /v2/free": "open",
    },
    """

  private func daemon(_ policy: String) throws -> Daemon {
    let path = folder.write("policy.json5", "{ \(Self.routes) \(policy) }")
    return try Daemon(["--policy", path], folder: folder)
  }

  private func ask(
    _ daemon: Daemon, _ target: String, asksFor method: String = "POST",
    as own: String = "OPTIONS", _ change: (inout AuthorizationQuestion) -> Void = { _ in }
  ) throws -> AuthorizationAnswer {
    var question = AuthorizationQuestion(method: own, path: target)
    question.headers = [
      ("origin", "https://app.example"), ("access-control-request-method", method),
    ]
    change(&question)
    let outcome = try AuthorizationPeer(daemon).call(question.payload)
    #expect(outcome.code == 0)
    return try AuthorizationAnswer(outcome.payload)
  }

  @Test func oneLineOpensWhatHasARoute() throws {
    let daemon = try daemon(#"cors_preflight: "open""#)
    for (target, method) in [
      ("/v2/integration", "POST"), ("/v2/integration/17?a=b", "GET"), ("/v2/session", "POST"),
    ] {
      let answer = try ask(daemon, target, asksFor: method)
      #expect(answer.isAllowed, "\(method) \(target): \(answer)")
      // It acts for no user, whatever the client claims.
      #expect(answer.headers.map(\.key) == ["x-postern-revision"])
      #expect(
        answer.headersToRemove
          == ["x-postern-user-id", "x-postern-organization-id", "x-postern-token-id"])
    }
    for (target, method) in [
      ("/v2/nothing", "POST"), ("/v2/integration", "PATCH"), ("/v2/integration", "post"),
      ("/v2/closed", "GET"), ("/v2//integration", "POST"), ("/v2/integration", ""),
      ("/v2/integration", "POST, GET"), ("/v2/integration", "OPTIONS"),
      // This path has a route of its own.
      ("/v2/ours", "POST"),
    ] {
      let answer = try ask(daemon, target, asksFor: method)
      #expect(answer.denies(403), "\(method) \(target): \(answer)")
    }
  }

  @Test func nothingElseIsOpened() throws {
    let daemon = try daemon(#"cors_preflight: "open""#)
    // Other methods than OPTIONS are decided as usual.
    for own in ["POST", "GET", "HEAD", "options"] {
      #expect(try !ask(daemon, "/v2/integration", as: own).isAllowed, "\(own)")
    }
    // OPTIONS that is no preflight.
    for header in 0..<2 {
      let answer = try ask(daemon, "/v2/integration") { $0.headers.remove(at: header) }
      #expect(answer.denies(403))
    }
    let empty = try ask(daemon, "/v2/integration") { $0.headers[0].1 = "" }
    #expect(empty.denies(403))
    let twice = try ask(daemon, "/v2/integration") {
      $0.rawHeaders = $0.headers + [("access-control-request-method", "POST")]
      $0.headers = []
    }
    #expect(twice.denies(403))
    let overridden = try ask(daemon, "/v2/integration") {
      $0.headers.append(("x-http-method-override", "DELETE"))
    }
    #expect(overridden.denies(403))
  }

  /// A route of the proxy's own has its action in place of a policy's route.
  @Test func anActionOfTheProxyReplacesTheRoute() throws {
    let action = ("postern.action", "dashboard.create")
    let open = try daemon(#"cors_preflight: "open""#)
    #expect(try ask(open, "/reports") { $0.extensions = [action] }.isAllowed)
    #expect(try ask(open, "/reports", as: "POST") { $0.extensions = [action] }.denies(401))
    let unknown = try ask(open, "/reports") { $0.extensions = [("postern.action", "a.b")] }
    #expect(unknown.denies(403))
  }

  /// Context extensions bind a preflight as they bind the request that follows it.
  @Test func noExtensionIsIgnored() throws {
    let open = try daemon(#"cors_preflight: "open""#)
    let action = ("postern.action", "dashboard.update")
    let (resource, user) = (("postern.resource_id", "one"), ("postern.target_user_id", "bob"))
    for (target, extensions, allowed) in [
      ("/reports", [action, resource], true), ("/reports", [action, user], false),
      ("/reports", [action, ("postern.resource_id", "..")], false),
      ("/reports", [action, ("postern.resource_type", "detector")], false),
      ("/reports", [action, ("postern.organization_id", "a b")], false),
      ("/reports", [action, ("postern.organization_id", "acme")], true),
      ("/v2/dashboard/one", [resource], true), ("/v2/dashboard/two", [resource], false),
      ("/v2/dashboard/one", [user], false), ("/v2/session", [user], false),
      ("/v2/session", [], true), ("/v2/session", [("postern.organization_id", "acme")], false),
    ] as [(String, [(String, String)], Bool)] {
      let method = target == "/v2/session" ? "POST" : "PUT"
      let answer = try ask(open, target, asksFor: method) { $0.extensions = extensions }
      #expect(answer.isAllowed == allowed, "\(target) \(extensions): \(answer)")
    }
  }

  @Test(arguments: ["", #"cors_preflight: "denied""#]) func closedUnlessSaid(line: String) throws {
    let daemon = try daemon(line)
    #expect(try ask(daemon, "/v2/integration").denies(403))
    #expect(try ask(daemon, "/v2/free").isAllowed)
    let extended = try ask(daemon, "/reports") {
      $0.extensions = [("postern.action", "dashboard.create")]
    }
    #expect(extended.denies(401))
  }
}
