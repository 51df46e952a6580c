internal import Messages
internal import PosternClient
internal import TestSupport

/// What of an org token a test looks at.
struct OrgTokenView: Equatable {
  let id: String
  let name: String
  let description: String
  let state: PosternV1.TokenState
  let scopes: [PosternV1.TokenScope]
  /// Nanoseconds since 1970; zero for none.
  let expiresAt: Int64
  let previousSecretExpiresAt: Int64

  init(_ token: PosternV1.Token) {
    id = String(token.id)
    name = String(token.name)
    description = String(token.description)
    state = token.state
    var scopes: [PosternV1.TokenScope] = []
    for index in 0..<token.scopesCount { scopes.append(token.scopes(at: index)) }
    self.scopes = scopes
    expiresAt = Self.nanoseconds(token.expiresAt)
    previousSecretExpiresAt = Self.nanoseconds(token.previousSecretExpiresAt)
  }

  private static func nanoseconds(_ time: GoogleProtobuf.Timestamp?) -> Int64 {
    guard let time else { return 0 }
    return time.seconds * 1_000_000_000 + Int64(time.nanos)
  }
}

extension PosternClient {
  /// Changes what the mask names; `fill` gives the values.
  @discardableResult
  func updateOrgToken(
    _ id: String, _ mask: [String],
    _ fill: (PosternV1.UpdateOrgTokenRequest.Builder) -> Void = { _ in }
  ) throws(ClientError) -> (token: OrgTokenView?, revision: UInt64) {
    let reply = try updateOrgToken { request in
      request.setTokenID(id)
      if !mask.isEmpty { request.makeUpdateMask().add(mask) }
      fill(request)
    }
    guard let token = reply.message.token else { return (nil, reply.message.revision) }
    return (OrgTokenView(token), reply.message.revision)
  }

  /// Gives an org token a new secret.
  func rotate(
    _ id: String, graceSeconds: Int64? = nil, nanoseconds: Int32 = 0
  ) throws(ClientError) -> (secret: String, token: OrgTokenView?) {
    let reply = try rotateOrgToken { request in
      request.setTokenID(id)
      if let graceSeconds { request.makeGracePeriod().set(graceSeconds, nanoseconds) }
    }
    let secret = String(reply.message.secret)
    guard let token = reply.message.token else { return (secret, nil) }
    return (secret, OrgTokenView(token))
  }

  func orgToken(_ id: String) throws(ClientError) -> OrgTokenView? {
    let reply = try getToken { $0.setTokenID(id) }
    guard let token = reply.message.token else { return nil }
    return OrgTokenView(token)
  }
}

// See `PosternClient+Calls.swift`.
extension GoogleProtobuf.FieldMask.Builder {
  func add(_ paths: [String]) {
    for path in paths { addPaths(path) }
  }
}

extension GoogleProtobuf.Timestamp.Builder {
  /// Nanoseconds since 1970.
  func set(_ nanoseconds: Int64) {
    setSeconds(nanoseconds / 1_000_000_000)
    setNanos(Int32(nanoseconds % 1_000_000_000))
  }
}
