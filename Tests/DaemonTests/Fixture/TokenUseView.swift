internal import Messages
internal import PosternClient

/// What a token says of its use.
struct TokenUseView: Equatable {
  var count: UInt64 = 0
  var previousCount: UInt64 = 0
  /// Nanoseconds since 1970; zero for never.
  var lastUsed: Int64 = 0
  var previousLastUsed: Int64 = 0

  init(_ token: PosternV1.Token) {
    count = token.useCount
    previousCount = token.previousSecretUseCount
    if let time = token.lastUsedAt { lastUsed = time.seconds * 1_000_000_000 + Int64(time.nanos) }
    if let time = token.previousSecretLastUsedAt {
      previousLastUsed = time.seconds * 1_000_000_000 + Int64(time.nanos)
    }
  }
}

extension PosternClient {
  /// How a token was used.
  func use(of id: String) throws(ClientError) -> TokenUseView? {
    let reply = try getToken { $0.setTokenID(id) }
    guard let token = reply.message.token else { return nil }
    return TokenUseView(token)
  }
}
