internal import Messages
internal import TestSupport

/// What Envoy is told about a request, in tests.
struct AuthorizationAnswer: Equatable, CustomStringConvertible {
  /// The canonical code; nil when there is no status, which lets the request through.
  var code: Int32?
  /// The HTTP status of a deny; nil when there is no response to deny with.
  var httpStatus: Int32?
  var body = ""
  /// The headers that a deny sends to the client, or an allow to the server behind.
  var headers: [String: String] = [:]
  var headersToRemove: Set<String> = []
  /// Whether every header replaces what is there.
  var overwrites = true
  var hasOkResponse = false

  init(_ bytes: [UInt8]) throws {
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
    let response = try EnvoyServiceAuthV3.CheckResponse(decoding: bytes.span, in: arena)
    if let status = response.status { code = status.code }
    if let denied = response.deniedResponse {
      if let status = denied.status { httpStatus = status.code.rawValue }
      body = String(denied.body)
      for index in 0..<denied.headersCount { take(denied.headers(at: index)) }
    }
    if let ok = response.okResponse {
      hasOkResponse = true
      for index in 0..<ok.headersCount { take(ok.headers(at: index)) }
      for index in 0..<ok.headersToRemoveCount {
        headersToRemove.insert(String(ok.headersToRemove(at: index)))
      }
    }
  }

  private mutating func take(_ option: EnvoyConfigCoreV3.HeaderValueOption) {
    if option.appendAction != .overwriteIfExistsOrAdd { overwrites = false }
    guard let header = option.header else { return }
    headers[String(header.key)] = String(header.value)
  }

  var isAllowed: Bool { code == 0 && httpStatus == nil && hasOkResponse }

  /// Whether it denies in every way that Envoy looks at.
  func denies(_ status: Int32) -> Bool {
    httpStatus == status && code == (status == 401 ? 16 : 7) && !hasOkResponse
      && headers["content-type"] == "application/json" && body.hasPrefix("{\"error\":\"")
      && (headers["www-authenticate"] == "Bearer") == (status == 401)
  }

  var description: String {
    "code \(code.map(String.init) ?? "none"), HTTP \(httpStatus.map(String.init) ?? "none"), "
      + "\(body) \(headers) without \(headersToRemove)"
  }
}
