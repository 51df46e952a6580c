internal import Services
internal import TestSupport
internal import Testing

/// Headers by which the server behind may act on something else than was decided on.
@Suite struct OverridingHeaderTests {
  private static let overriding = [
    "x-http-method-override", "X-HTTP-Method", "http-method-override", "x-method-override",
    "x-original-method", "x-forwarded-method", "x-envoy-original-path", "x-original-path",
    "x-original-url", "X-Original-URI", "x-forwarded-path", "x-forwarded-uri", "x-forwarded-url",
    "x-rewrite-uri", "x-rewrite-url", "x-waws-unencoded-url", "x-override-url",
    "x-http-path-override", "X-Forwarded-Prefix", "x-replaced-path", "x-http-verb",
    "x-http-verb-override", "x-tunnel-method", "x-rewrite-path", "x-original-host",
    "x-request-uri", "x-envoy-original-method",
    // Some servers take `_` for `-`.
    "x_http_method_override", "X_Original-Method", "x-forwarded_uri", "HTTP_METHOD_OVERRIDE",
    "x_envoy_original_path",
    // Another token or identity.
    "x_sf_token", "X_SF-Token", "x_postern_user_id", "x-postern-organization_id",
    // What is no name at all, which some servers mend.
    "x-http-method-override ", " authorization", "authorization ", "x-a\tb", "x-\u{e4}", "a:b", "",
    ":", "x(y)", String(repeating: "a", count: 1025),
  ]

  private static func answers(
    _ kind: PeerKind, _ daemon: Daemon, _ headers: [(String, String)]
  ) throws -> [AuthorizationAnswer] {
    try [
      AuthorizationQuestion(headers: headers), AuthorizationQuestion(rawHeaders: headers),
    ].map { question in
      let peer = try kind.connect(daemon)
      try peer.sendUnary(AuthorizationQuestion.call(question.payload), stream: 1)
      let outcome = try peer.unary(1)
      #expect(outcome.code == 0, "\(headers.map(\.0)): \(outcome)")
      return try AuthorizationAnswer(outcome.payload)
    }
  }

  @Test(arguments: PeerKind.allCases) func areDenied(kind: PeerKind) throws {
    let world = try World()
    let token = ("authorization", "Bearer \(world.secret(of: .user))")
    for name in Self.overriding {
      for answer in try Self.answers(kind, world.daemon, [token, (name, "DELETE")]) {
        #expect(answer.denies(403), "`\(name)`: \(answer)")
      }
    }
    for name in [":authority", ":path", ":method", ":scheme", "x-other", "accept", "x_other"] {
      for answer in try Self.answers(kind, world.daemon, [token, (name, "DELETE")]) {
        #expect(answer.isAllowed, "`\(name)`: \(answer)")
      }
    }
  }

  /// Each can be opened by itself, under the very name that the proxy sets.
  @Test(arguments: PeerKind.allCases)
  func theProxysOwnAreLetThroughWhereAsked(kind: PeerKind) throws {
    let world = try World([
      "--ext-authz-trust-header", "x-original-uri", "--ext-authz-trust-header=X-Forwarded-Method",
      "--ext-authz-trust-header", "x-envoy-original-path",
      "--ext-authz-trust-header", "x-forwarded-prefix",
    ])
    let token = ("x-sf-token", world.secret(of: .user))
    for (name, allowed) in [
      ("x-original-uri", true), ("x-forwarded-method", true), ("X-Envoy-Original-Path", true),
      ("x-forwarded-prefix", true), ("x_forwarded_prefix", false), ("x-replaced-path", false),
      ("x_original_uri", false), ("x-envoy_original-path", false), ("x-original-method", false),
      ("x-forwarded-uri", false), ("x-http-method-override", false), ("x-original-path", false),
    ] {
      for answer in try Self.answers(kind, world.daemon, [token, (name, "/x")]) {
        #expect(answer.isAllowed == allowed, "\(name): \(answer)")
      }
    }
    let refused = try Daemon.start(["--ext-authz-trust-header", "host"], in: TemporaryFolder())
    #expect(try refused.wait() != .exited(0))
  }

  /// A credential under the name of another header, which the server behind may act on.
  @Test(arguments: PeerKind.allCases) func aSecondCredentialIsDenied(kind: PeerKind) throws {
    let world = try World()
    let token = ("authorization", "Bearer \(world.secret(of: .user))")
    for name in [
      "proxy-authorization", "x-authorization", "X-Forwarded-Authorization", "bearer",
      "authorization-bin", "x_forwarded_authorization", "Proxy_Authorization",
    ] {
      for value in ["Basic YTpi", token.1, ""] {
        for answer in try Self.answers(kind, world.daemon, [token, (name, value)]) {
          #expect(answer.denies(401), "`\(name)`: \(answer)")
        }
      }
    }
  }

  /// So is one under any name, if it is a token of Postern's.
  @Test(arguments: PeerKind.allCases) func aTokenUnderAnotherNameIsDenied(kind: PeerKind) throws {
    let world = try World()
    let token = ("authorization", "Bearer \(world.secret(of: .user))")
    let other = world.secret(of: .writer)
    for (name, value) in [
      ("x-access-token", other), ("x-token", "Token \(other)"), ("cookie", "session=\(other)"),
    ] {
      for answer in try Self.answers(kind, world.daemon, [token, (name, value)]) {
        #expect(answer.denies(401), "`\(name)`: \(answer)")
      }
      for answer in try Self.answers(kind, world.daemon, [token, (name, "session=x")]) {
        #expect(answer.isAllowed, "`\(name)`: \(answer)")
      }
    }
  }

  private static func answer(
    _ kind: PeerKind, _ daemon: Daemon, path: String, _ headers: [(String, String)]
  ) throws -> AuthorizationAnswer {
    let peer = try kind.connect(daemon)
    let question = AuthorizationQuestion(path: path, headers: headers)
    try peer.sendUnary(AuthorizationQuestion.call(question.payload), stream: 1)
    return try AuthorizationAnswer(try peer.unary(1).payload)
  }

  /// A credential in the query (RFC 6750, section 2.3), which the server behind may act on, however
  /// its name is written.
  @Test(arguments: PeerKind.allCases) func aCredentialInTheQueryIsDenied(kind: PeerKind) throws {
    let world = try World()
    let (secret, other) = (world.secret(of: .user), world.secret(of: .writer))
    let token = ("authorization", "Bearer \(secret)")
    for query in [
      "access_token=\(other)", "access_token=\(secret)", "access_token=x", "access_token",
      "access_token=", "a=b&access_token=x", "a=b;access_token=x", "Access-Token=x",
      "access%5Ftoken=x", "%61ccess_token=x", "access_token[]=x", "access.token=x",
      "+access_token=x", "access+token=x", "&&access_token=x", "access_token%00=x",
      "authorization=Basic+YTpi", "bearer=x", "X-SF-Token=x", "x_sf_token=x",
      "a?access_token=x&access_token=x",
      "q=\(other)", "q=pst_u_", "q=%70st_o_x", "q=Bearer+\(other)", "\(other)", "\(other)=1",
      "q=ppst_u_", "q=pst_pst_u_", "q=%7B%22token%22%3A%22\(other)%22%7D",
    ] {
      let path = "/v2/dashboard?\(query)"
      let both = try Self.answer(kind, world.daemon, path: path, [token])
      #expect(both.denies(401), "`\(query)`: \(both)")
      let alone = try Self.answer(kind, world.daemon, path: path, [])
      #expect(alone.denies(401), "`\(query)`: \(alone)")
    }
    for query in [
      "", "access_tokens=x", "my_access_token=x", "q=access_token", "page_token=x", "token=x",
      "q=pst_", "q=pst_u", "q=PST_U_x", "a=pst_&b=u_x", "%", "%7", "q=%zz", "=", "&", ";",
      String(repeating: "a", count: 5000), "\(String(repeating: "a", count: 60))access_token=x",
    ] {
      let answer = try Self.answer(kind, world.daemon, path: "/v2/dashboard?\(query)", [token])
      #expect(answer.isAllowed, "`\(query)`: \(answer)")
    }
    // Neither is looked through at any length.
    let long = String(repeating: "&", count: 70_000)
    #expect(try Self.answer(kind, world.daemon, path: "/v2/dashboard?\(long)", [token]).denies(403))
    #expect(
      try Self.answer(kind, world.daemon, path: "/v2/dashboard", [token, ("x-long", long)])
        .denies(403))
    for query in ["_method=DELETE", "a=b&_METHOD=x", "x-http-method-override=PUT", "_method"] {
      let answer = try Self.answer(kind, world.daemon, path: "/v2/dashboard?\(query)", [token])
      #expect(answer.denies(403), "`\(query)`: \(answer)")
    }
  }

  @Test func everyOneHasATest() {
    let tested = Set(Self.overriding.map { $0.lowercased() })
    for header in OverridingHeader.allCases {
      #expect(tested.contains(header.rawValue), "\(header.rawValue)")
    }
  }
}
