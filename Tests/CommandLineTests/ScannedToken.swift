internal import TestSupport
internal import Tokens

/// Tokens to scan for.
enum ScannedToken {
  /// The text of a token that no daemon knows, and its id.
  static func token(_ seed: UInt64, _ kind: TokenKind = .user) -> (text: String, id: String) {
    let id = TokenID(unixMilliseconds: 1_760_000_000_000, random: (seed, seed))
    let random = (0..<20).map { UInt8(truncatingIfNeeded: seed &* 37 &+ $0) }
    return TokenSecret.withNew(kind: kind, id: id, random: random.span) { secret in
      secret.withText { (String($0), "\(id)") }
    }
  }
}
