internal import Messages
internal import RPC

/// The headers of a request that matter here, and what its query has of the same: what carries a
/// token, and what changes what some servers take the method or the path for.
struct RequestHeaders: ~Escapable {
  /// What `authorization` gives.
  private(set) var authorization: Credential
  /// What the policy's own header gives.
  private(set) var named: Credential
  /// Whether one of the two is given twice.
  private var isRepeated = false
  /// Whether another header carries a credential, which the server behind may act on.
  private var hasMisplaced = false
  /// Whether the query does.
  private var isInQuery = false
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
  /// The bytes of the headers so far.
  private var byteCount = 0

  /// The most bytes of a target, and of all headers. They are looked through in one go, and a proxy
  /// has a limit of its own: 60 KiB is Envoy's.
  private static let maximumBytes = 64 << 10

  private static let identityHeaders = [
    IdentityHeader.userID, IdentityHeader.organizationID, IdentityHeader.tokenID,
    IdentityHeader.revision,
  ]

  /// Reads them from the map and the list; Envoy sends one of both.
  @_lifetime(copy request)
  init(
    _ request: EnvoyServiceAuthV3.AttributeContext.HttpRequest, tokenHeader: Span<UInt8>,
    trusted: Set<OverridingHeader>
  ) throws(Denial) {
    authorization = .absent
    named = .absent
    requestedMethod = Span()
    guard request.path.count <= Self.maximumBytes else {
      throw .forbidden("the path and the query are longer than \(Self.maximumBytes) bytes")
    }
    isInQuery = try RequestQuery(of: request.path, tokenHeader: tokenHeader).hasCredential
    for index in 0..<request.headersCount {
      let header = request.headers(at: index)
      try take(header.key, header.value, tokenHeader: tokenHeader, trusted: trusted)
    }
    guard let list = request.headerMap else { return }
    for index in 0..<list.headersCount {
      let header = list.headers(at: index)
      guard header.value.isEmpty || header.rawValue.isEmpty else {
        throw .forbidden("a header has two values")
      }
      let value = header.value.isEmpty ? header.rawValue : header.value
      try take(header.key, value, tokenHeader: tokenHeader, trusted: trusted)
    }
  }

  @_lifetime(self: copy value)
  private mutating func take(
    _ name: Span<UInt8>, _ value: Span<UInt8>, tokenHeader: Span<UInt8>,
    trusted: Set<OverridingHeader>
  ) throws(Denial) {
    byteCount += name.count + value.count
    guard byteCount <= Self.maximumBytes else {
      throw .forbidden("the headers are longer than \(Self.maximumBytes) bytes")
    }
    if name.isSame(as: "authorization") {
      if case .absent = authorization {} else { isRepeated = true }
      authorization = Credential(authorization: value)
    } else if !tokenHeader.isEmpty, name.isSameHeader(as: tokenHeader) {
      if case .absent = named {} else { isRepeated = true }
      named = Credential(token: value)
    } else if name.isSame(as: "origin") {
      hasOrigin = !value.isEmpty
    } else if name.isSame(as: "access-control-request-method") {
      requestedMethodCount += 1
      requestedMethod = value
    } else if Credential.isMisplaced(header: name), !name.mayBeTaken(for: tokenHeader) {
      hasMisplaced = true
    } else {
      if Credential.holdsToken(value) { hasMisplaced = true }
      try refuse(name, tokenHeader: tokenHeader, trusted: trusted)
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

  /// Refuses a header that could make the server behind act on something other than what is decided
  /// on: another method or path, another token, or another identity than the one that is set here.
  /// A header that the proxy sets is trusted under its exact name only.
  private func refuse(
    _ name: Span<UInt8>, tokenHeader: Span<UInt8>, trusted: Set<OverridingHeader>
  ) throws(Denial) {
    guard name.isFieldName else {
      throw .forbidden("a header has a name that HTTP does not allow")
    }
    if !tokenHeader.isEmpty, name.mayBeTaken(for: tokenHeader) {
      throw .forbidden("a header's name is too similar to that of the token's header")
    }
    for (header, text) in OverridingHeader.names where name.mayBeTaken(for: text) {
      if trusted.contains(header), name.isSame(as: text) { continue }
      throw .forbidden("the header `\(text)` is not allowed")
    }
    for header in Self.identityHeaders
    where name.mayBeTaken(for: header) && !name.isSame(as: header) {
      throw .forbidden("a header's name is too similar to `\(header)`")
    }
  }

  /// The token. Two headers may carry the same one; if they differ, or one of them carries
  /// something else, or another header or the query a credential, the server behind could act on
  /// another than was decided on.
  @_lifetime(copy self)
  func token(for action: String) throws(Denial) -> Span<UInt8> {
    guard !isRepeated else {
      throw .unauthenticated(action, "a header that carries a token is given twice")
    }
    guard !hasMisplaced else {
      throw .unauthenticated(action, "a header that is not the token's carries a credential")
    }
    guard !isInQuery else {
      throw .unauthenticated(action, "the query carries a credential: a token goes in its header")
    }
    switch authorization.joined(with: named) {
    case .bearer(let token): return token
    case .absent: throw .unauthenticated(action, "the request carries no token")
    case .malformed(.credentialsDiffer):
      throw .unauthenticated(action, "two headers carry different tokens")
    case .malformed:
      throw .unauthenticated(action, "a header for the token carries no token")
    }
  }
}

extension Span where Element == UInt8 {
  /// Whether it is the name of a field, or of a pseudo-header, which Envoy sends among them.
  fileprivate var isFieldName: Bool {
    !isEmpty && self[0] == UInt8(ascii: ":") ? extracting(1...).isHeaderName : isHeaderName
  }
}

/// The headers by which some servers take another method or path than those that are decided on. A
/// request that has one is denied, unless the daemon is told that the proxy itself sets it.
package enum OverridingHeader: String, CaseIterable, Sendable {
  // Another method.
  case httpMethod = "x-http-method"
  case httpMethodOverride = "x-http-method-override"
  case bareHTTPMethodOverride = "http-method-override"
  case methodOverride = "x-method-override"
  case originalMethod = "x-original-method"
  case forwardedMethod = "x-forwarded-method"
  case httpVerb = "x-http-verb"
  case httpVerbOverride = "x-http-verb-override"
  case tunnelMethod = "x-tunnel-method"
  case envoyOriginalMethod = "x-envoy-original-method"
  // Another path. Envoy sets the first one where it rewrites a path.
  case envoyOriginalPath = "x-envoy-original-path"
  case originalPath = "x-original-path"
  case originalURI = "x-original-uri"
  case originalURL = "x-original-url"
  case forwardedPath = "x-forwarded-path"
  case forwardedURI = "x-forwarded-uri"
  case forwardedURL = "x-forwarded-url"
  case rewriteURI = "x-rewrite-uri"
  case rewriteURL = "x-rewrite-url"
  case overrideURL = "x-override-url"
  case httpPathOverride = "x-http-path-override"
  case unencodedURL = "x-waws-unencoded-url"
  case requestURI = "x-request-uri"
  case rewritePath = "x-rewrite-path"
  case replacedPath = "x-replaced-path"
  // A path is one below a prefix, and of a host.
  case forwardedPrefix = "x-forwarded-prefix"
  case originalHost = "x-original-host"

  /// All of them, as text.
  static let names = allCases.map { (header: $0, text: $0.rawValue) }
}

/// The headers that tell the server behind the proxy whom the token stands for. Each is set or
/// taken out of every request that is let through, so that a client can't send one of its own.
enum IdentityHeader {
  static let userID = "x-postern-user-id"
  static let organizationID = "x-postern-organization-id"
  static let tokenID = "x-postern-token-id"
  /// The revision that was decided at.
  static let revision = "x-postern-revision"
}
