internal import Messages
internal import RPC

/// The headers of a request that matter here: those that carry a token, and those that change what
/// some servers take the method or the path for.
struct RequestHeaders: ~Escapable {
  /// What `authorization` gives.
  private(set) var authorization: Credential
  /// What the policy's own header gives.
  private(set) var named: Credential
  /// Whether one of the two is there twice.
  private var isRepeated = false
  /// The method that a CORS preflight asks for; empty where the headers are not those of one.
  var preflightMethod: Span<UInt8> {
    @_lifetime(copy self)
    get {
      if hasOrigin, requestedMethodCount == 1 { return requestedMethod }
      return Span()
    }
  }

  private var hasOrigin = false
  private var requestedMethod: Span<UInt8>
  private var requestedMethodCount = 0

  /// Headers by which some servers take another method or path than those that are decided on.
  private static let overriding = [
    "x-http-method-override", "x-http-method", "x-method-override", "x-original-url",
    "x-rewrite-url",
  ]

  /// Reads them from the map and the list; Envoy sends one of both.
  @_lifetime(copy request)
  init(
    _ request: EnvoyServiceAuthV3.AttributeContext.HttpRequest, tokenHeader: Span<UInt8>
  ) throws(Denial) {
    authorization = .absent
    named = .absent
    requestedMethod = Span()
    for index in 0..<request.headersCount {
      let header = request.headers(at: index)
      try take(header.key, header.value, tokenHeader)
    }
    guard let list = request.headerMap else { return }
    for index in 0..<list.headersCount {
      let header = list.headers(at: index)
      guard header.value.isEmpty || header.rawValue.isEmpty else {
        throw .forbidden("a header has two values")
      }
      try take(header.key, header.value.isEmpty ? header.rawValue : header.value, tokenHeader)
    }
  }

  @_lifetime(self: copy value)
  private mutating func take(
    _ name: Span<UInt8>, _ value: Span<UInt8>, _ tokenHeader: Span<UInt8>
  ) throws(Denial) {
    if Self.isName(name, "authorization") {
      if case .absent = authorization {} else { isRepeated = true }
      authorization = Credential(authorization: value)
    } else if !tokenHeader.isEmpty, name.isSameHeader(as: tokenHeader) {
      if case .absent = named {} else { isRepeated = true }
      named = Credential(token: value)
    } else if Self.isName(name, "origin") {
      hasOrigin = !value.isEmpty
    } else if Self.isName(name, "access-control-request-method") {
      requestedMethodCount += 1
      requestedMethod = value
    } else {
      for other in Self.overriding where Self.isName(name, other) {
        throw .forbidden("the header `\(other)` is not allowed")
      }
    }
  }

  /// Whether `authorization` may carry a token, rather than another scheme's credential.
  var mayAuthorizationCarryToken: Bool {
    if case .bearer = authorization { true } else { isRepeated }
  }

  /// Whether the policy's own header is there.
  var isNamedGiven: Bool {
    if case .absent = named { false } else { true }
  }

  private static func isName(_ name: Span<UInt8>, _ expected: String) -> Bool {
    name.count == expected.utf8.count && name.isSameHeader(as: expected.utf8Span.span)
  }

  /// The token. Two headers may carry the same one; if they differ, or one of them carries
  /// something else, the server behind could act on another than was decided on.
  @_lifetime(copy self)
  func token(for action: String) throws(Denial) -> Span<UInt8> {
    guard !isRepeated else {
      throw .unauthenticated(action, "a header that carries a token is there twice")
    }
    switch authorization.joined(with: named) {
    case .bearer(let token): return token
    case .absent: throw .unauthenticated(action, "the request carries no token")
    case .malformed(.notBearer):
      throw .unauthenticated(action, "a header for the token carries something else")
    case .malformed(.contradictory):
      throw .unauthenticated(action, "two headers carry different tokens")
    }
  }
}
