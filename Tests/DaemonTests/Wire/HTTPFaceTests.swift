internal import Glibc
internal import PosternClient
internal import Services
internal import TestSupport
internal import Testing

/// HTTP/1.1 on the daemon's socket: the same router, rights and limits as the other protocols.
@Suite struct HTTPFaceTests {
  @Test func tellsWhetherItLives() throws {
    let daemon = try Daemon()
    let peer = try HTTPPeer(daemon)
    for path in ["/livez", "/readyz"] {
      let answer = try peer.ask("GET", path)
      #expect(answer.status == 200 && answer.body == "ok\n")
      #expect(try peer.ask("HEAD", path).status == 200)
    }
    #expect(try peer.ask("GET", "/").status == 404)
  }

  @Test func givesMetricsToOperators() throws {
    let world = try World()
    let peer = try HTTPPeer(world.daemon)
    #expect(try peer.ask("GET", "/livez").status == 200)
    let answer = try peer.ask("GET", "/metrics")
    #expect(answer.status == 200 && answer.body.hasSuffix("# EOF\n"))
    #expect(
      answer.body.contains(
        "postern_calls_total{method=\"grpc.health.v1.Health/Check\",protocol=\"http1\","
          + "status=\"OK\"} 1"))
    let bearer = "Bearer " + world.secret(of: .administrator)
    let refused = try peer.ask("GET", "/metrics", [("Authorization", bearer)])
    #expect(refused.status == 403)
  }

  @Test func tellsTheStoryOfAToken() throws {
    let world = try World()
    let peer = try HTTPPeer(world.daemon)
    let issued = try peer.call(
      "TokenService/IssueToken", #"{"organizationId":"acme","user_id":"bob","lifetime":"3600s"}"#)
    #expect(issued.status == 200 && issued.fields["content-type"] == "application/json")
    #expect(issued.fields["cache-control"] == "no-store")
    let secret = try #require(issued.body.split(separator: "\"").first { $0.hasPrefix("pst_u_") })
    let valid = try peer.call("TokenService/ValidateToken", #"{"secret":"\#(secret)"}"#)
    #expect(valid.body.hasPrefix(#"{"active":true,"userId":"bob","organizationId":"acme","#))
    #expect(valid.body.contains(#""kind":"TOKEN_KIND_USER""#), "\(valid.body)")
    let listed = try peer.ask(
      "GET",
      "/postern.v1.TokenService/ListTokens?connect=v1&encoding=json&base64=1&message="
        + "eyJvcmdhbml6YXRpb25faWQiOiJhY21lIiwicGFnZVNpemUiOjF9",
      [("Authorization", "Bearer \(secret)")])
    #expect(listed.status == 403, "\(listed)")
    #expect(listed.body.hasPrefix(#"{"code":"permission_denied","message":""#))
    #expect(listed.body.contains(#""details":[{"type":"google.rpc.ErrorInfo","value":""#))
    let revoked = try peer.call("TokenService/RevokeToken", #"{"secret":"\#(secret)"}"#)
    #expect(revoked.status == 200 && revoked.body.hasPrefix(#"{"revision":""#))
    let gone = try peer.call("TokenService/ValidateToken", #"{"secret":"\#(secret)"}"#)
    #expect(gone.body.hasPrefix(#"{"active":false,"#))
    let late = try peer.call(
      "TokenService/ListTokens", #"{"organizationId":"acme"}"#, bearer: String(secret))
    #expect(late.status == 401 && late.fields["www-authenticate"] == "Bearer")
  }

  @Test func callsInBinary() throws {
    let world = try World()
    let peer = try HTTPPeer(world.daemon)
    let payload = Encoding.field(1, world.secret(of: .user))
    let body = String(decoding: payload, as: UTF8.self)
    let answer = try peer.ask(
      "POST", "/postern.v1.TokenService/ValidateToken",
      [("Content-Type", "application/proto"), ("Connect-Protocol-Version", "1")], body: body)
    let other = try TTRPCPeer(world.daemon).call(WireCall(payload: payload), stream: 1)
    #expect(answer.status == 200 && Array(answer.body.utf8).starts(with: other.payload.prefix(6)))
  }

  @Test(arguments: [
    ("{", "line 1, column 2"), (#"{"sekret":""}"#, "`sekret` is not a field"),
    (#"{"secret":1}"#, "text for `secret`"), (#"{"secret":""} "#, ""),
    (#"{"secret":"","secret":""}"#, "given twice"), (#"{"secret":null}"#, "text for `secret`"),
    ("[]", "an object"), (#"{"ledgerEpoch":"x"}"#, "whole number"),
  ])
  func saysWhatIsWrongWithJSON(_ json: String, _ words: String) throws {
    let daemon = try Daemon()
    let answer = try HTTPPeer(daemon).call("TokenService/ValidateToken", json)
    #expect(answer.status == (words.isEmpty ? 200 : 400))
    #expect(answer.body.contains(words), "\(answer.body)")
    #expect(words.isEmpty || answer.body.hasPrefix(#"{"code":"invalid_argument""#))
  }

  @Test(arguments: [
    (("Connect-Timeout-Ms", "0"), 504, "deadline_exceeded"),
    (("Connect-Timeout-Ms", "x"), 400, "invalid_argument"),
    (("Connect-Timeout-Ms", "60000"), 200, "active"),
    (("Connect-Protocol-Version", "2"), 400, "invalid_argument"),
    (("Content-Encoding", "gzip"), 501, "unimplemented"),
    (("Authorization", "Basic YTpi"), 401, "unauthenticated"),
    (("X-SF-Token", "abc"), 401, "unauthenticated"),
  ])
  func readsTheFieldsOfConnect(
    _ field: (String, String), _ status: Int, _ word: String
  ) throws {
    let daemon = try Daemon()
    let answer = try HTTPPeer(daemon).ask(
      "POST", "/postern.v1.TokenService/ValidateToken",
      [("Content-Type", "application/json"), field], body: "{}")
    #expect(answer.status == status && answer.body.contains(word), "\(answer)")
  }

  @Test func refusesStreams() throws {
    let daemon = try Daemon()
    let answer = try HTTPPeer(daemon).call("WatchService/Watch", "{}")
    #expect(answer.status == 400 && answer.body.contains("stream"), "\(answer)")
  }

  /// Many requests ahead of their answers: the rest waits in the socket, others are served.
  @Test func servesAThousandInARow() throws {
    let world = try World()
    let peer = try HTTPPeer(world.daemon)
    let body = #"{"secret":"\#(world.secret(of: .user))"}"#
    for index in 0..<1000 {
      if index % 100 == 0 {
        try peer.send(
          "POST", "/postern.v1.TokenService/RevokeToken", [("Content-Type", "application/json")],
          body: #"{"secret":"pst_u_"}"#)
      } else {
        try peer.send(
          "POST", "/postern.v1.TokenService/ValidateToken", [("Content-Type", "application/json")],
          body: body)
      }
    }
    #expect(try HTTPPeer(world.daemon).ask("GET", "/livez").status == 200)
    for index in 0..<1000 {
      let answer = try peer.receive()
      #expect(answer.status == 200)
      #expect(answer.body.contains("active") == (index % 100 != 0))
    }
  }

  @Test func closesTheSlow() throws {
    let daemon = try Daemon(["--handshake-timeout", "1", "--idle-timeout", "1"])
    let early = try RawSocket(daemon)
    try early.send(Array("POS".utf8))
    let slow = try RawSocket(daemon)
    try slow.send(Array("GET /livez HTTP/1.1\r\nHost:".utf8))
    let body = try RawSocket(daemon)
    try body.send(
      Array("POST /postern.v1.TokenService/ValidateToken HTTP/1.1\r\nHost: a\r\n".utf8)
        + Array("Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{".utf8))
    for socket in [early, slow, body] { #expect(try socket.waitForEnd() == 0) }
  }

  @Test func refusesAndCloses() throws {
    let daemon = try Daemon()
    for request in [
      "GET /livez HTTP/1.1\n\n", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ] {
      let peer = try HTTPPeer(daemon)
      try peer.socket.send(Array(request.utf8))
      #expect(try peer.receive().status == 400)
      #expect(try peer.socket.waitForEnd() == 0)
    }
    #expect(
      try StreamTests.metrics(daemon).contains(#"reason="HTTP/1.1: malformed request"} 3"#))
  }

  @Test func isDrained() throws {
    let daemon = try Daemon()
    let idle = try HTTPPeer(daemon)
    #expect(try idle.ask("GET", "/livez").status == 200)
    #expect(try daemon.stop() == .exited(0))
    #expect(try idle.socket.waitForEnd() == 0)
  }

  /// A form, as OAuth's endpoints take it.
  private static func post(_ peer: HTTPPeer, _ path: String, _ form: String) throws
    -> HTTPPeer.Answer
  {
    try peer.ask(
      "POST", "/oauth2/\(path)", [("Content-Type", "application/x-www-form-urlencoded")],
      body: form)
  }

  @Test func speaksOAuth() throws {
    let world = try World()
    let peer = try HTTPPeer(world.daemon)
    let secret = world.secret(of: .user)
    let active = try Self.post(peer, "introspect", "token=\(secret)&token_type_hint=x")
    #expect(active.status == 200 && active.fields["content-type"] == "application/json")
    #expect(
      active.body.hasPrefix(
        #"{"active":true,"token_type":"Bearer","sub":"acme/bob","username":"bob","jti":""#))
    #expect(active.body.hasSuffix(#","organization_id":"acme"}"#), "\(active.body)")
    let org = try Self.post(peer, "introspect", "token=\(world.secret(of: .apiToken))")
    #expect(org.body.contains(#""sub":"acme","#) && org.body.contains(#""scope":"api","#))
    for subject in [PermissionMatrixTests.Subject.expired, .revoked, .garbage, .typo] {
      let other = try Self.post(peer, "introspect", "token=\(world.secret(of: subject))")
      #expect(other.status == 200 && other.body == #"{"active":false}"#, "\(subject)")
    }
    for _ in 0..<2 {
      let revoked = try Self.post(peer, "revoke", "token=\(secret)")
      #expect(revoked.status == 200 && revoked.body.isEmpty)
    }
    #expect(try Self.post(peer, "introspect", "token=\(secret)").body == #"{"active":false}"#)
    #expect(try Self.post(peer, "revoke", "token=unknown").status == 200)
    #expect(try Self.post(peer, "revoke", "tokn=\(secret)").status == 400)
  }

  @Test func asksForAProxy() throws {
    let stranger = try World()
    let fields = [("X-Original-Method", "POST"), ("X-Original-URI", "/v2/integration")]
    let refused = try HTTPPeer(stranger.daemon).ask("GET", "/forward-auth", fields)
    #expect(refused.status == 403 && refused.body.contains("not configured as a proxy"))
    let world = try World(["--proxy-uid", "\(getuid())"])
    let peer = try HTTPPeer(world.daemon)
    let bare = try peer.ask("GET", "/forward-auth", fields)
    let question = AuthorizationQuestion(method: "POST", path: "/v2/integration")
    let both = try BothPeers(world.daemon)
    let outcome = try both.ask(AuthorizationQuestion.call(question.payload))
    let envoy = try AuthorizationAnswer(outcome.payload)
    #expect(bare.status == 401 && bare.fields["www-authenticate"] == "Bearer")
    #expect(envoy.denies(401) && bare.body == envoy.body, "\(bare)")
    let user = ("Authorization", "Bearer \(world.secret(of: .user))")
    let denied = try peer.ask("GET", "/forward-auth", fields + [user])
    #expect(denied.status == 403 && denied.body.contains("integration.create"), "\(denied)")
    let secret = world.secret(of: .administrator)
    let bearer = ("Authorization", "Bearer \(secret)")
    let allowed = try peer.ask("GET", "/forward-auth", fields + [bearer])
    #expect(allowed.status == 200 && allowed.fields["x-postern-user-id"] == "alice", "\(allowed)")
    #expect(allowed.fields["x-postern-organization-id"] == "acme")
    try world.daemon.client().revoke(secret: secret)
    #expect(try peer.ask("GET", "/forward-auth", fields + [bearer]).status == 401)
  }
}
