internal import PosternClient
internal import TestSupport
internal import Testing

/// The answers to Envoy's `ext_authz`, over both protocols. No fault may allow a request, and no
/// question may be answered with an error.
@Suite struct AuthorizationTests {
  private let world: World
  private let peer: AuthorizationPeer

  init() throws {
    world = try World()
    peer = try AuthorizationPeer(world.daemon)
  }

  private func ask(_ question: AuthorizationQuestion) throws -> AuthorizationAnswer {
    try ask(question.payload)
  }

  private func ask(_ payload: [UInt8]) throws -> AuthorizationAnswer {
    let outcome = try peer.call(payload)
    guard outcome.code == 0 else { throw FixtureError("an error: \(outcome)") }
    return try AuthorizationAnswer(outcome.payload)
  }

  private func question(
    _ method: String, _ path: String, _ subject: PermissionMatrixTests.Subject? = nil,
    _ extensions: [(String, String)] = []
  ) -> AuthorizationQuestion {
    var question = AuthorizationQuestion(method: method, path: path, extensions: extensions)
    if let subject {
      question.headers = [("authorization", "Bearer \(world.secret(of: subject))")]
    }
    return question
  }

  private static let requests: [(String, String, PermissionMatrixTests.Subject, Bool)] = [
    ("POST", "/v2/integration", .administrator, true), ("POST", "/v2/integration", .user, false),
    ("GET", "/v2/integration/1", .user, true), ("GET", "/v2/integration/1", .apiToken, true),
    ("GET", "/v2/integration/1", .ingestToken, false), ("GET", "/v2/token", .user, false),
    ("PUT", "/v2/dashboard/one", .writer, true), ("PUT", "/v2/dashboard/one", .teamWriter, true),
    ("PUT", "/v2/dashboard/another", .writer, false),
    ("PUT", "/v2/dashboard/one?id=another", .user, false),
    ("PUT", "/v2/dashboard/one", .apiToken, false), ("POST", "/v2/dashboard", .user, true),
    ("DELETE", "/v2/team/writers/member/bob", .user, true),
    ("DELETE", "/v2/team/writers/member/dave", .user, false),
    ("DELETE", "/v2/team/writers/member/b%40b", .user, false),
    ("DELETE", "/v2/team/writers/member/dave", .administrator, true),
    ("POST", "/v2/datapoint", .ingestToken, true), ("POST", "/v2/datapoint", .administrator, false),
    ("POST", "/v2/datapoint", .apiToken, false), ("GET", "/v2/nothing", .administrator, false),
    ("POST", "/v2/dashboard/one", .administrator, false),
  ]

  @Test func decidesByRoute() throws {
    for (method, path, subject, allowed) in Self.requests {
      let answer = try ask(question(method, path, subject))
      #expect(allowed ? answer.isAllowed : answer.denies(403), "\(method) \(path): \(answer)")
    }
  }

  @Test func tellsTheIdentity() throws {
    let user = try ask(question("GET", "/v2/dashboard", .user))
    let id = String(world.secret(of: .user).dropFirst(6).prefix(22))
    let revision = try world.daemon.client().revision()
    #expect(
      user.headers == [
        "x-postern-user-id": "bob", "x-postern-organization-id": "acme", "x-postern-token-id": id,
        "x-postern-revision": "\(revision)",
      ])
    #expect(user.headersToRemove.isEmpty && user.overwrites)
    let token = try ask(question("POST", "/v2/datapoint", .ingestToken))
    #expect(token.headers["x-postern-user-id"] == nil)
    #expect(token.headersToRemove == ["x-postern-user-id"])
    #expect(token.headers.count == 3 && token.overwrites)
    // A public route asks for no token, and the client's claims about itself are removed.
    for subject in [nil, .user, .revoked] as [PermissionMatrixTests.Subject?] {
      let open = try ask(question("POST", "/v2/session", subject))
      #expect(open.isAllowed)
      #expect(open.headers.map(\.key) == ["x-postern-revision"])
      #expect(
        open.headersToRemove
          == ["x-postern-user-id", "x-postern-organization-id", "x-postern-token-id"])
    }
  }

  @Test func namesActionAndRule() throws {
    let answer = try ask(question("PUT", "/v2/dashboard/another", .writer))
    #expect(answer.body.contains(#""error":"permission_denied""#))
    #expect(answer.body.contains(#""action":"dashboard.update""#))
    #expect(answer.body.contains(#""rule":"administrator, writer""#))
    #expect(answer.body.contains(#""message":"`dashboard.update` is"#), "\(answer)")
    let unknown = try ask(question("GET", "/v2/nothing", .writer))
    #expect(unknown.body.contains("no route"))
    let missing = try ask(question("PUT", "/v2/dashboard/another"))
    #expect(missing.body.contains(#""error":"unauthenticated","action":"dashboard.update""#))
  }

  @Test func wantsAnActiveToken() throws {
    let subjects: [PermissionMatrixTests.Subject?] = [
      nil, .expired, .revoked, .garbage, .typo, .empty,
    ]
    for subject in subjects {
      for (method, path) in [
        ("GET", "/v2/dashboard"), ("POST", "/v2/datapoint"), ("DELETE", "/v2/session"),
        ("PUT", "/v2/dashboard/one"),
      ] {
        let answer = try ask(question(method, path, subject))
        #expect(answer.denies(401), "\(answer)")
        guard let subject, subject != .empty else { continue }
        #expect(!"\(answer)".contains(world.secret(of: subject)))
      }
    }
  }

  @Test func aRevokedTokenIsRefusedNext() throws {
    let client = try world.daemon.client()
    let grpc = try GRPCPeer(world.daemon)
    for round in 0..<20 {
      let token = try client.issueToken(for: "bob", of: "acme")
      var question = AuthorizationQuestion()
      question.headers = [("authorization", "Bearer \(token.secret)")]
      #expect(try ask(question).isAllowed)
      try client.revoke(secret: token.secret)
      #expect(try ask(question).denies(401))
      let call = AuthorizationQuestion.call(question.payload)
      let outcome = try grpc.call(call, stream: UInt32(2 * round + 1))
      #expect(try AuthorizationAnswer(outcome.payload).denies(401))
    }
  }

  @Test func findsTheToken() throws {
    let bob = world.secret(of: .user)
    let carol = world.secret(of: .writer)
    func status(_ headers: [(String, String)], raw: [(String, String)] = []) throws -> String {
      let answer = try ask(AuthorizationQuestion(headers: headers, rawHeaders: raw))
      if answer.isAllowed { return answer.headers["x-postern-user-id"] ?? "none" }
      return answer.denies(401) ? "401" : answer.denies(403) ? "403" : "\(answer)"
    }
    let bearer = { (token: String) in ("authorization", "Bearer \(token)") }
    let named = { (token: String) in ("x-sf-token", token) }
    #expect(try status([bearer(bob)]) == "bob")
    #expect(try status([named(bob)]) == "bob")
    #expect(try status([named(bob), bearer(bob)]) == "bob")
    #expect(try status([], raw: [named(bob), bearer(bob)]) == "bob")
    #expect(try status([("Authorization", "bearer  \(bob)")]) == "bob")
    #expect(try status([], raw: [("X-SF-Token", bob)]) == "bob")
    // Two headers that differ: the server behind may read the other one.
    for other in ["Basic Ym9iOnB3", "", "Bearer", "Bearer ", bob, "Token \(bob)"] {
      #expect(try status([("authorization", other), named(bob)]) == "401")
      #expect(try status([], raw: [named(bob), ("Authorization", other)]) == "401")
    }
    #expect(try status([bearer(bob), named("")]) == "401")
    #expect(try status([named(bob), bearer(carol)]) == "401")
    #expect(try status([named(bob), bearer(world.secret(of: .revoked))]) == "401")
    #expect(try status([bearer(bob), bearer(carol)]) == "401")
    #expect(try status([bearer(bob), bearer(bob)]) == "401")
    #expect(try status([named(bob), named(bob)]) == "401")
    #expect(try status([bearer(bob)], raw: [bearer(bob)]) == "401")
    #expect(try status([("authorization", "Bearer \(bob),Bearer \(carol)")]) == "401")
    #expect(try status([("authorization", "Basic \(bob)")]) == "401")
    #expect(try status([("authorization", bob)]) == "401")
    #expect(try status([("authorization", "Bearer \(bob) ")]) == "401")
    #expect(try status([("x-sf-token", "Bearer \(bob)")]) == "401")
    #expect(try status([("authorization", ""), ("x-sf-token", "")]) == "401")
  }

  @Test func theTokenIsTakenOutWhereAsked() throws {
    var question = question("GET", "/v2/dashboard", .user, [("postern.remove_token", "true")])
    #expect(try ask(question).headersToRemove == ["authorization"])
    question.headers.append(("x-sf-token", world.secret(of: .user)))
    #expect(try ask(question).headersToRemove == ["authorization", "x-sf-token"])
    question.headers = [("x-sf-token", world.secret(of: .user))]
    #expect(try ask(question).headersToRemove == ["x-sf-token"])
    question.extensions = [("postern.remove_token", "false")]
    #expect(try ask(question).headersToRemove.isEmpty)
    let other = try World(["--ext-authz-remove-token", "true"])
    let peer = try AuthorizationPeer(other.daemon)
    for (value, removed) in [(nil, true), ("false", false), ("true", true)] as [(String?, Bool)] {
      var question = AuthorizationQuestion()
      question.headers = [("x-sf-token", other.secret(of: .user))]
      if let value { question.extensions = [("postern.remove_token", value)] }
      let outcome = try peer.call(question.payload)
      let answer = try AuthorizationAnswer(outcome.payload)
      #expect(answer.isAllowed && answer.headersToRemove == (removed ? ["x-sf-token"] : []))
    }
  }

  private static let strangePaths = [
    "", "*", "v2/dashboard", "//v2/dashboard", "/v2/dashboard/", "/v2//dashboard",
    "/v2/./dashboard", "/v2/x/../dashboard", "/v2/%64ashboard", "/v2%2fdashboard", "/v2/dash;board",
    "/v2/dashboard%00", "/v2/dashboard#", "/v2\\dashboard", "/V2/dashboard", "/v2/Dashboard",
    "/v2/dashboard/a%2e%2e", "/v2/dashboard/%ff", "http://x/v2/dashboard",
    "/v2/dashboard/" + String(repeating: "a", count: 5000),
  ]

  @Test func strangePathsAndMethodsDeny() throws {
    for path in Self.strangePaths {
      let answer = try ask(question("GET", path, .administrator))
      #expect(answer.denies(403), "\(path): \(answer)")
    }
    for method in ["get", "", "HEAD", "TRACE", "CONNECT", "G\u{e9}T"] {
      #expect(try ask(question(method, "/v2/dashboard", .administrator)).denies(403), "\(method)")
    }
  }

  /// A request that says nothing of HTTP is denied; only one that can't be read is an error, the
  /// same on both protocols.
  @Test func alwaysAnswersWithAStatus() throws {
    let grpc = try GRPCPeer(world.daemon)
    let empty: [[UInt8]] = [
      [], AuthorizationQuestion.request([]), AuthorizationQuestion.request(Encoding.field(4, [])),
      AuthorizationQuestion.request(Encoding.field(4, Encoding.field(2, []))),
      AuthorizationQuestion.request(Encoding.field(1, [])),
    ]
    // These are skipped: bodies of any bytes, and metadata of any depth.
    var deep: [UInt8] = []
    for _ in 0..<5000 { deep = Encoding.field(1, deep) }
    let skipped = Encoding.field(11, deep) + Encoding.field(13, deep) + Encoding.field(99, [0xff])
    let body = Encoding.field(11, [0, 0xff, 0xc3]) + Encoding.field(12, [0])
    var good = question("GET", "/v2/dashboard", .user)
    let payload = good.payload
    let http = Encoding.field(2, "GET") + Encoding.field(4, "/v2/dashboard") + body
    let bodied = AuthorizationQuestion.request(Encoding.field(4, Encoding.field(2, http)) + skipped)
    good.headers += (0..<500).map { ("x-\($0)", String(repeating: "y", count: 100)) }
    var stream: UInt32 = 1
    for (payload, status) in empty.map({ ($0, 403) })
      + [(bodied, 401), (payload, 0), (good.payload, 0)] as [([UInt8], Int32)]
    {
      let first = try peer.call(payload)
      #expect(try first == grpc.call(AuthorizationQuestion.call(payload), stream: stream))
      let answer = try AuthorizationAnswer(first.payload)
      #expect(status == 0 ? answer.isAllowed : answer.denies(status), "\(answer)")
      stream += 2
    }
    for payload in [
      [0x0a, 0x05, 0x61], AuthorizationQuestion.request([0xff]),
      AuthorizationQuestion(path: "/v2/a\u{0}b").payload,
      AuthorizationQuestion.request(Encoding.field(4, []) + Encoding.field(4, [])),
    ] as [[UInt8]] {
      let first = try peer.call(payload)
      #expect(try first == grpc.call(AuthorizationQuestion.call(payload), stream: stream))
      #expect(first.code == 3, "\(first)")
      stream += 2
    }
  }

  /// The call's own bearer token is the proxy's: it is neither the subject nor required.
  @Test func theCallersOwnTokenIsNoSubject() throws {
    for bearer in [world.secret(of: .administrator), world.secret(of: .revoked), "garbage"] {
      var call = AuthorizationQuestion.call(question("POST", "/v2/integration", .user).payload)
      call.bearer = bearer
      #expect(try AuthorizationAnswer(peer.call(call).payload).denies(403))
      call.payload = AuthorizationQuestion(path: "/v2/dashboard").payload
      #expect(try AuthorizationAnswer(peer.call(call).payload).denies(401))
      call.payload = question("GET", "/v2/dashboard", .user).payload
      #expect(try AuthorizationAnswer(peer.call(call).payload).isAllowed)
    }
  }
}
