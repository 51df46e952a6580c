internal import Messages

/// Which tokens a list shows: `--token-kind`, `--state`, `--expiring-within` and `--unused-since`.
struct TokenListFilter {
  private var state = PosternV1.TokenState.unspecified
  private var kind = PosternV1.TokenKind.unspecified
  private var expiringBeforeSeconds: Int64?
  private var unusedSinceSeconds: Int64?

  /// All of them.
  init() {}

  init(_ invocation: Invocation) throws(Failure) {
    kind = try TokenText.kind(invocation)
    if let word = invocation.optional(.state) {
      switch word {
      case "active": state = .active
      case "expired": state = .expired
      case "revoked": state = .revoked
      case "disabled": state = .disabled
      default:
        throw .misuse(
          "`\(word)` is no state: there are `active`, `expired`, `revoked` and `disabled`")
      }
    }
    if let seconds = try invocation.seconds(.expiringWithin) {
      expiringBeforeSeconds = invocation.surroundings.nowSeconds + seconds
    }
    if let seconds = try invocation.seconds(.unusedSince) {
      unusedSinceSeconds = invocation.surroundings.nowSeconds - seconds
    }
  }

  func write(into request: PosternV1.ListTokensRequest.Builder) {
    request.setState(state)
    if kind != .unspecified { request.setKind(kind) }
    if let expiringBeforeSeconds { request.makeExpiringBefore().setSeconds(expiringBeforeSeconds) }
    if let unusedSinceSeconds { request.makeUnusedSince().setSeconds(unusedSinceSeconds) }
  }
}
