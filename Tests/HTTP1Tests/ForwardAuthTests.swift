internal import HTTP1
internal import Messages
internal import RPC
internal import TestSupport
internal import Testing

/// Questions of proxies about the requests that they pass on.
@Suite struct ForwardAuthTests {
  private static let ours = "X-Original-Method: PUT\r\nX-Original-URI: /v2/dashboard/a?b=c\r\n"
  private static let theirs = "X-Forwarded-Method: PUT\r\nX-Forwarded-Uri: /v2/dashboard/a?b=c\r\n"

  private static func request(_ fields: String) -> String {
    "GET /forward-auth HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
  }

  private static func answer(
    _ fill: (EnvoyServiceAuthV3.CheckResponse.Builder) -> Void
  ) -> [UInt8] {
    let arena = Arena(initialBytes: 4096)
    let builder = EnvoyServiceAuthV3.CheckResponse.Builder(in: arena)
    fill(builder)
    var buffer = ByteBuffer()
    builder.encode(into: &buffer)
    return [UInt8](copying: buffer.bytes)
  }

  @Test(arguments: [ours, theirs]) func asksAboutTheProxiedRequest(fields: String) throws {
    let peer = Conversation(isProxy: true)
    peer.feed(Self.request(fields + "Authorization: Basic abc\r\nx-other: \u{e9}\r\n"))
    let call = try #require(peer.calls.first)
    #expect(call.name == "envoy.service.auth.v3.Authorization/Check")
    // The credential is the client's, and not the proxy's.
    #expect(call.bearer == nil && !call.isRefused)
    let arena = Arena(initialBytes: 4096)
    let check = try EnvoyServiceAuthV3.CheckRequest(decoding: call.payload.span, in: arena)
    guard let http = check.attributes?.request?.http, let list = http.headerMap else {
      Issue.record("the question has no request")
      return
    }
    #expect(String(http.method) == "PUT" && String(http.path) == "/v2/dashboard/a?b=c")
    #expect(String(http.host) == "a")
    var names: [String] = []
    for index in 0..<list.headersCount { names.append(String(list.headers(at: index).key)) }
    #expect(names == ["Host", "Authorization", "x-other"])
    #expect(String(list.headers(at: 1).rawValue) == "Basic abc")
  }

  @Test func isForProxiesOnly() {
    let peer = Conversation()
    peer.feed(Self.request(Self.ours))
    #expect(peer.calls.isEmpty && peer.statuses == [403])
    #expect(peer.lastBody.contains("not configured as a proxy"))
    #expect(peer.lastBody.hasPrefix(#"{"error":"permission_denied","#))
  }

  @Test(arguments: [
    "", ours + theirs, ours + "X-Forwarded-Uri: /open\r\n", theirs + "X-Original-Method: GET\r\n",
    "X-Original-URI: /a\r\n", "X-Original-Method: GET\r\n", ours + "x-original-uri: /b\r\n",
    "X-Original-Method: GET\r\nX-Forwarded-Uri: /a\r\n", ours + "X-Postern-User-Id: root\r\n",
    ours + "x_postern_token_id: a\r\n", "X-Original-Method: GET\r\nX-Original-URI: /\u{80}\r\n",
  ])
  func refusesWhatTheClientMayHaveChosen(fields: String) {
    let peer = Conversation(.respond(Self.answer { $0.makeStatus().setCode(0) }), isProxy: true)
    var bytes = Array(Self.request(fields).utf8)
    // Not UTF-8 any more.
    if let place = bytes.firstIndex(of: 0xc2) { bytes.remove(at: place) }
    peer.feed(bytes)
    #expect(peer.calls.isEmpty && peer.statuses == [403])
  }

  @Test func passesTheIdentityOn() {
    let message = Self.answer {
      $0.makeStatus().setCode(0)
      let ok = $0.makeOkResponse()
      let header = ok.addHeaders().makeHeader()
      header.setKey("x-postern-user-id")
      header.setValue("bob")
      ok.addHeadersToRemove("x-postern-token-id")
    }
    let peer = Conversation(.respond(message), isProxy: true)
    peer.feed(Self.request(Self.ours))
    #expect(peer.statuses == [200] && peer.lastBody.isEmpty)
    #expect(peer.output.contains("\r\nx-postern-user-id: bob\r\n\r\n"))
    #expect(!peer.output.contains("token-id"))
  }

  @Test(arguments: [(StatusCode.unauthenticated, 401), (.permissionDenied, 403)])
  func denies(code: StatusCode, status: Int) {
    let message = Self.answer {
      $0.makeStatus().setCode(Int32(code.rawValue))
      $0.makeDeniedResponse().setBody("{}\n")
    }
    let peer = Conversation(.respond(message), isProxy: true)
    peer.feed(Self.request(Self.ours))
    #expect(peer.statuses == [status] && peer.lastBody == "{}\n")
    #expect(peer.output.contains("www-authenticate: Bearer") == (status == 401))
  }

  /// An answer that allows nothing in words is a denial, and a failure is no decision.
  @Test func allowsNothingByAccident() {
    let empty = Conversation(.respond([]), isProxy: true)
    empty.feed(Self.request(Self.ours))
    #expect(empty.statuses == [403])
    let status = Conversation(
      .respond(Self.answer { $0.makeStatus().setCode(0) }), isProxy: true)
    status.feed(Self.request(Self.ours))
    #expect(status.statuses == [403])
    let failing = Conversation(.fail(.draining), isProxy: true)
    failing.feed(Self.request(Self.ours))
    #expect(failing.statuses == [503])
  }
}
