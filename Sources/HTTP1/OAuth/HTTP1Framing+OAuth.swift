internal import Messages
internal import RPC

// What OAuth 2.0 has for servers that get a token: introspection (RFC 7662) and revocation (RFC
// 7009). The token is in the form, and is no credential of the caller: whoever can connect may
// introspect any, and revoke one whose text it has.
extension HTTP1Framing {
  /// Makes the message of a call that takes the text of a token as its first field.
  mutating func makeTokenCall() throws(Status) {
    try Self.readToken(of: body.content, into: &payload)
  }

  private static func readToken(
    of form: borrowing ByteBuffer, into payload: inout ByteBuffer
  ) throws(Status) {
    var reader = FormReader(form.bytes)
    var token = ByteBuffer()
    var isGiven = false
    while reader.next() {
      // Other parameters are ignored (RFC 6749, section 3.2); which kind a token is, its text says.
      guard reader.name.isEqual(to: "token") else { continue }
      guard !isGiven else { throw formMalformed("`token` is given twice") }
      isGiven = true
      guard token.append(decoding: reader.value) else {
        throw formMalformed("`token` is malformed")
      }
    }
    guard !token.isEmpty else { throw formMalformed("`token` is missing") }
    payload.append(field: 1, token.bytes)
  }

  private static func formMalformed(_ sentence: String) -> Status {
    Status(.invalidArgument, sentence, reason: "MALFORMED_REQUEST")
  }

  /// Writes what RFC 7662, section 2.2, has for the answer of `ValidateToken`.
  mutating func writeIntrospection(_ message: Span<UInt8>) {
    scratch.removeAll()
    do throws(DecodingError) {
      try Introspection.append(message, to: &scratch)
    } catch {
      return writeFailure(Status(.internalError, "the answer can't be read"))
    }
    var head = ResponseHead(200)
    head.contentType = "application/json"
    writeScratch(head)
  }
}

/// The objects of JSON that OAuth 2.0 answers with.
enum Introspection {
  /// Appends the introspection response for the answer of `ValidateToken`.
  static func append(
    _ message: Span<UInt8>, to output: inout ByteBuffer
  ) throws(DecodingError) {
    let arena = Arena(initialBytes: 4 << 10)
    let view = try PosternV1.ValidateTokenResponse(decoding: message, in: arena)
    guard view.active else { return output.append("{\"active\":false}") }
    output.append("{\"active\":true,\"token_type\":\"Bearer\"")
    // A user's id means something only within its organization. No id has a slash.
    var subject = ByteBuffer()
    subject.append(view.organizationID)
    if !view.userID.isEmpty {
      subject.append(UInt8(ascii: "/"))
      subject.append(view.userID)
    }
    append("sub", subject.bytes, to: &output)
    append("username", view.userID, to: &output)
    append("jti", view.tokenID, to: &output)
    if let end = view.expiresAt { output.append(",\"exp\":\(end.seconds)") }
    var scopes = ByteBuffer()
    for index in 0..<view.scopesCount {
      if index > 0 { scopes.append(UInt8(ascii: " ")) }
      scopes.append(word(view.scopes(at: index).name ?? "", after: "TOKEN_SCOPE_"))
    }
    append("scope", scopes.bytes, to: &output)
    append("organization_id", view.organizationID, to: &output)
    append("name", view.name, to: &output)
    output.append("}")
  }

  /// Appends the error response of RFC 6749, section 5.2, for a failed call.
  static func append(_ status: Status, to output: inout ByteBuffer) {
    let error: StaticString =
      switch status.code {
      case .invalidArgument: "invalid_request"
      case .unauthenticated: "invalid_client"
      case .permissionDenied: "unauthorized_client"
      case .unavailable, .resourceExhausted: "temporarily_unavailable"
      default: "server_error"
      }
    output.append("{\"error\":\"")
    output.append(constant: error)
    output.append("\",\"error_description\":")
    output.append(JSONText.quoted(status.message))
    output.append("}")
  }

  private static func append(_ name: String, _ value: Span<UInt8>, to output: inout ByteBuffer) {
    guard !value.isEmpty else { return }
    output.append(",\"\(name)\":")
    JSONText.append(string: value, to: &output)
  }

  /// The last word of an enumeration's name, in lower case: `api` of TOKEN_SCOPE_API.
  private static func word(_ name: String, after prefix: String) -> String {
    name.dropFirst(prefix.count).lowercased()
  }
}
