internal import Messages
internal import RPC

/// The headers of a request that matter here: those that carry a token, and those that change what
/// some servers take the method or the path for.
struct RequestHeaders: ~Escapable {
  /// The token in `authorization: Bearer ...`; empty for none. A secret.
  private(set) var bearer: Span<UInt8>
  /// The token in the policy's own header; empty for none. A secret.
  private(set) var named: Span<UInt8>
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
  private var authorizationCount = 0
  private var namedCount = 0

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
    bearer = Span()
    named = Span()
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
      authorizationCount += 1
      bearer = value.bearerToken
    } else if !tokenHeader.isEmpty, name.isSameHeader(as: tokenHeader) {
      namedCount += 1
      named = value
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

  private static func isName(_ name: Span<UInt8>, _ expected: String) -> Bool {
    name.count == expected.utf8.count && name.isSameHeader(as: expected.utf8Span.span)
  }

  /// The token; empty for none. Two headers may carry the same one; if they differ, the server
  /// behind could act on another than was decided on.
  @_lifetime(copy self)
  func token(for action: String) throws(Denial) -> Span<UInt8> {
    guard authorizationCount <= 1, namedCount <= 1 else {
      throw .unauthenticated(action, "a header that carries a token is there twice")
    }
    if bearer.isEmpty { return named }
    guard named.isEmpty || named.isEqual(to: bearer) else {
      throw .unauthenticated(action, "two headers carry different tokens")
    }
    return bearer
  }
}
