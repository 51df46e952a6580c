internal import Messages
internal import Tokens

/// Where a page of usage continues: behind a row of a token, and then behind the token.
///
/// As bytes: the length of the token's position in the list, this position, which ends in the
/// token's id, and the row's key.
struct UsagePosition {
  /// Empty at the beginning.
  let token: [UInt8]
  /// Empty before the token's first row.
  let row: [UInt8]

  /// Reads what `bytes` made.
  init(_ bytes: [UInt8]) {
    let middle = 1 + Int(bytes.first ?? 0)
    token = Array(bytes.prefix(middle).dropFirst())
    row = Array(bytes.dropFirst(middle))
  }

  /// The token's id; nil at the beginning.
  var id: TokenID? {
    guard token.count >= TokenID.byteCount else { return nil }
    return TokenID(bytes: Array(token.suffix(TokenID.byteCount)).span)
  }

  static func bytes(token: [UInt8], row: Span<UInt8>) -> [UInt8] {
    [UInt8(token.count)] + token + Array(copying: row)
  }
}
