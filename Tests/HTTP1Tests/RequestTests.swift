internal import HTTP1
internal import RPC
internal import Testing

/// Sound requests, one behind the other.
@Suite struct RequestTests {
  private static let path = "/postern.v1.TokenService/ValidateToken"
  private static let name = "postern.v1.TokenService/ValidateToken"

  private static func post(_ body: String, _ fields: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/proto\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
  }

  private static func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
  }

  @Test(arguments: [1, 2, 3, 5, 7, 1000]) func staysOpen(piece: Int) {
    let peer = Conversation(.respond([0x08, 1]))
    peer.feed(Self.post("abc") + Self.get("/livez") + Self.post("") + Self.get("/x"), piece: piece)
    #expect(peer.calls.map(\.name) == [Self.name, "grpc.health.v1.Health/Check", Self.name])
    #expect(peer.calls.first?.payload == Array("abc".utf8))
    #expect(peer.statuses == [200, 200, 200, 404])
    #expect(peer.output.contains("content-type: application/proto\r\ncontent-length: 2\r\n"))
    #expect(peer.lastBody == "\(HTTPFault.unknownPath.sentence)")
    #expect(!peer.isFinished)
  }

  @Test func endsOnRequest() {
    let peer = Conversation()
    peer.feed(Self.get("/livez", "Connection: foo , Close\r\n") + Self.get("/livez"))
    #expect(peer.statuses == [200])
    #expect(peer.output.contains("connection: close\r\n"))
    #expect(peer.isFinished)
  }

  @Test func servesHTTP10() {
    let peer = Conversation()
    let line = "GET /livez HTTP/1.0\r\n"
    peer.feed(line + "Connection: keep-alive\r\n\r\n" + line + "\r\n" + line + "\r\n")
    #expect(peer.statuses == [200, 200])
    #expect(peer.isFinished)
  }

  @Test(arguments: [1, 4, 1000]) func takesChunks(piece: Int) {
    let peer = Conversation()
    peer.feed(
      "POST \(Self.path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/proto; a=b\r\n"
        + "transfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n"
        + Self.get("/livez"), piece: piece)
    #expect(peer.calls.first?.payload == Array("abc0123456789".utf8) && peer.calls.count == 2)
    #expect(peer.statuses == [200, 200])
  }

  @Test func saysContinue() {
    let peer = Conversation()
    let head = Self.post("abc", "Expect: 100-continue\r\n").dropLast(3)
    peer.feed(String(head))
    #expect(peer.output == "HTTP/1.1 100 Continue\r\n\r\n")
    peer.feed("abc")
    #expect(peer.statuses == [100, 200])
    // Not where the body is there already.
    peer.feed(Self.post("abc", "Expect: 100-continue\r\n"))
    #expect(peer.statuses == [100, 200, 200])
  }

  @Test func refusesBeforeTheBodyWhoeverWaits() {
    let peer = Conversation()
    peer.feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    #expect(peer.statuses == [404])
    #expect(peer.isFinished)
  }

  @Test func answersHeadWithoutABody() {
    let peer = Conversation()
    peer.feed("HEAD /livez HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(peer.statuses == [200] && peer.lastBody.isEmpty)
    #expect(peer.output.contains("content-length: 3\r\n"))
    peer.feed("HEAD /none HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(peer.statuses == [200, 404] && peer.lastBody.isEmpty)
  }

  @Test(arguments: [
    ("*", "GET, HEAD, POST, OPTIONS"), (RequestTests.path, "GET, POST, OPTIONS"),
    ("/postern.v1.TokenService/IssueToken", "POST, OPTIONS"), ("/livez", "GET, HEAD, OPTIONS"),
  ])
  func answersOptions(target: String, allowed: String) {
    let peer = Conversation()
    peer.feed("OPTIONS \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
    #expect(peer.statuses == [204] && peer.calls.isEmpty)
    #expect(peer.output.contains("\r\nallow: \(allowed)\r\n"))
    #expect(!peer.output.contains("content-length"))
  }

  @Test(arguments: [
    ("PUT /livez", 405), ("POST /livez", 405), ("DELETE \(RequestTests.path)", 405),
    ("HEAD \(RequestTests.path)", 405), ("GET /postern.v1.TokenService/IssueToken", 405),
    ("GET /", 404), ("GET /livez/", 404), ("GET //livez", 404), ("GET /LIVEZ", 404),
    ("POST /postern.v1.TokenService/Validate", 404), ("POST \(RequestTests.path)/", 404),
    ("POST \(RequestTests.path)", 415),
  ])
  func refusesWhatNothingAnswers(line: String, status: Int) {
    let peer = Conversation()
    let request = line + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
    peer.feed(request + request)
    #expect(peer.statuses == [status, status] && peer.calls.isEmpty)
    #expect(peer.output.contains("\r\nallow: ") == (status == 405))
    #expect(peer.violation == nil)
  }

  @Test func readsTheCredentialInOnePlace() {
    let peer = Conversation()
    peer.feed(Self.post("", "AUTHORIZATION:  bearer  abc \r\n"))
    peer.feed(Self.post("", "Authorization: Bearer abc\r\nauthorization: Bearer abc\r\n"))
    #expect(peer.calls.map(\.bearer) == ["abc", "abc"])
    for fields in [
      "Authorization: Bearer abc\r\nAuthorization: Bearer abd\r\n", "Authorization: Basic abc\r\n",
      "X-SF-Token: abc\r\n", "Authorization:\r\n", "Proxy-Authorization: Basic abc\r\n",
    ] {
      let other = Conversation()
      other.feed(Self.post("", fields))
      #expect(other.calls.map(\.isRefused) == [true], "\(fields)")
    }
  }

  /// A call with a token in its query must not have the rights of its process.
  @Test(arguments: [
    "access_token=x", "access_token=", "a=b&Access-Token=x", "q=pst_u_a", "q=%70st_o_a", "bearer=x",
    "q=%zz",
  ])
  func takesNoCredentialFromTheQuery(query: String) {
    let peer = Conversation()
    let path = RequestTests.path + "?" + query
    peer.feed(
      "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/proto\r\n"
        + "Content-Length: 0\r\n\r\n")
    peer.feed(
      "GET \(RequestTests.path)?encoding=proto&message=&\(query) HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(peer.calls.map(\.isRefused) == [true, true])
  }

  /// A proxy takes every 2xx for a yes.
  @Test func decidesNothingForOptions() {
    let peer = Conversation(isProxy: true)
    peer.feed(
      "OPTIONS /forward-auth HTTP/1.1\r\nHost: a\r\nX-Forwarded-Method: OPTIONS\r\n"
        + "X-Forwarded-Uri: /v2/organization\r\nX-Postern-User-Id: root\r\n\r\n")
    #expect(peer.statuses == [405] && peer.calls.isEmpty)
  }

  /// Requests behind one that is not answered wait, in their order, and stop the reading.
  @Test func servesOneAtATime() {
    let peer = Conversation(.hold)
    peer.feed(Self.post("a"))
    #expect(peer.takesBytes)
    peer.feed(Self.post("b") + Self.post("c"))
    #expect(!peer.takesBytes && peer.calls.count == 1)
    peer.framing.respond(to: 1, payload: [1].span)
    peer.settle()
    #expect(peer.calls.count == 2 && peer.statuses == [200])
    // A late answer to the first is ignored.
    peer.framing.respond(to: 1, payload: [1].span)
    peer.framing.fail(2, .draining)
    peer.settle()
    #expect(peer.calls.map(\.payload) == [[97], [98], [99]])
    #expect(peer.statuses == [200, 503])
    #expect(peer.output.contains("\r\nretry-after: 1\r\n"))
  }

  @Test func saysThatItEndsOnceItDrains() {
    let peer = Conversation(.hold)
    peer.feed(Self.post("a") + Self.post("b"))
    peer.framing.beginDrain()
    peer.framing.respond(to: 1, payload: Span())
    peer.settle()
    #expect(!peer.isFinished && !peer.output.contains("connection: close"))
    peer.framing.respond(to: 2, payload: Span())
    peer.settle()
    #expect(peer.isFinished && peer.output.contains("connection: close"))
  }

  @Test func keepsNothingOfARequest() {
    let peer = Conversation()
    peer.feed(Self.post(String(repeating: "a", count: 1 << 20)))
    let held = peer.framing.heldBytes
    #expect(held < 256 << 10, "\(held)")
  }

  @Test func tellsWhetherItServes() {
    for (message, status) in [([0x08, 1], 200), ([0x08, 2], 503), ([], 503)] as [([UInt8], Int)] {
      let peer = Conversation(.respond(message))
      peer.feed(Self.get("/readyz"))
      #expect(peer.statuses == [status])
    }
    let failing = Conversation(.fail(Status(.unavailable, "no lease")))
    failing.feed(Self.get("/readyz") + Self.get("/metrics"))
    #expect(failing.statuses == [503, 503])
    #expect(failing.lastBody == "no lease\n")
  }

  @Test func givesMetricsAsText() {
    let peer = Conversation(.respond([0x0a, 6] + Array("# EOF\n".utf8) + [0x78, 1]))
    peer.feed(Self.get("/metrics", "Authorization: Bearer abc\r\n"))
    #expect(peer.lastBody == "# EOF\n")
    #expect(peer.output.contains("content-type: application/openmetrics-text; version=1.0.0"))
    #expect(
      peer.calls == [.init(name: "postern.v1.AdminService/GetMetrics", bearer: "abc")])
  }
}
