internal import HTTP1
internal import Messages
internal import RPC
internal import Testing

/// Introspection (RFC 7662) and revocation (RFC 7009).
@Suite struct OAuthTests {
  private static func post(
    _ path: String, _ form: String, type: String = "application/x-www-form-urlencoded"
  ) -> String {
    "POST /oauth2/\(path) HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\n"
      + "Content-Length: \(form.utf8.count)\r\n\r\n\(form)"
  }

  private static func answer(
    _ fill: (PosternV1.ValidateTokenResponse.Builder) -> Void
  ) -> [UInt8] {
    let arena = Arena(initialBytes: 4096)
    let builder = PosternV1.ValidateTokenResponse.Builder(in: arena)
    fill(builder)
    var buffer = ByteBuffer()
    builder.encode(into: &buffer)
    return [UInt8](copying: buffer.bytes)
  }

  @Test func saysWhoATokenIsFor() {
    let message = Self.answer {
      $0.setActive(true)
      $0.setUserID("a\"b")
      $0.setOrganizationID("acme")
      $0.setTokenID("id")
      $0.makeExpiresAt().setSeconds(5)
    }
    let peer = Conversation(.respond(message))
    peer.feed(Self.post("introspect", "token_type_hint=access_token&token=pst_u_%61+b"))
    #expect(peer.calls.map(\.name) == ["postern.v1.TokenService/ValidateToken"])
    #expect(peer.calls.first?.payload == [10, 9] + Array("pst_u_a b".utf8))
    #expect(
      peer.lastBody == #"{"active":true,"token_type":"Bearer","sub":"acme/a\"b","#
        + #""username":"a\"b","jti":"id","exp":5,"organization_id":"acme"}"#)
    #expect(peer.output.contains("content-type: application/json\r\n"))
  }

  @Test func saysWhatAnOrgTokenIsFor() {
    let message = Self.answer {
      $0.setActive(true)
      $0.setOrganizationID("acme")
      $0.setName("n")
      $0.addScopes(.api)
      $0.addScopes(.ingest)
    }
    let peer = Conversation(.respond(message))
    peer.feed(Self.post("introspect", "token=x"))
    #expect(
      peer.lastBody == #"{"active":true,"token_type":"Bearer","sub":"acme","scope":"api ingest","#
        + #""organization_id":"acme","name":"n"}"#)
  }

  @Test func saysNothingOfOthers() {
    let peer = Conversation(.respond([0x78, 1]))
    peer.feed(Self.post("introspect", "token=x"))
    #expect(peer.statuses == [200] && peer.lastBody == #"{"active":false}"#)
  }

  @Test func revokes() {
    let peer = Conversation(.respond([0x78, 1]))
    peer.feed(Self.post("revoke", "token=x"))
    #expect(peer.calls.map(\.name) == ["postern.v1.TokenService/RevokeToken"])
    #expect(peer.statuses == [200] && peer.lastBody.isEmpty)
  }

  @Test(arguments: ["", "token=", "tokens=x", "token=x&token=x", "token=%", "token=%zz"])
  func refusesAFormWithoutOneToken(form: String) {
    let peer = Conversation()
    peer.feed(Self.post("introspect", form) + Self.post("revoke", form))
    #expect(peer.calls.isEmpty && peer.statuses == [400, 400])
    #expect(peer.lastBody.hasPrefix(#"{"error":"invalid_request","error_description":""#))
  }

  @Test func refusesAnotherForm() {
    let peer = Conversation()
    peer.feed(
      Self.post("introspect", "{}", type: "application/json")
        + "GET /oauth2/introspect?token=x HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(peer.calls.isEmpty && peer.statuses == [415, 405])
  }

  @Test(arguments: [
    (StatusCode.unauthenticated, 401, "invalid_client"),
    (.unavailable, 503, "temporarily_unavailable"), (.internalError, 500, "server_error"),
  ])
  func failsAsOAuthHasIt(code: StatusCode, status: Int, error: String) {
    let peer = Conversation(.fail(Status(code, "why")))
    peer.feed(Self.post("introspect", "token=x"))
    #expect(peer.statuses == [status])
    #expect(peer.lastBody == #"{"error":"\#(error)","error_description":"why"}"#)
  }
}
