internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

/// Where a page of usage goes on: in a token, behind a row of it, and then behind the token, which
/// is known by its id and its owner.
///
/// As text: the id, the row's day and local user in 16 hexadecimal digits and its method, a colon,
/// and the owner, who is empty for an org token. Digits and method are left out for a position
/// before the token's first row.
struct UsagePosition: ~Escapable {
  /// Nil at the beginning.
  let id: TokenID?
  /// Empty before the token's first row.
  let row: [UInt8]
  let owner: Span<UInt8>

  private static let digitCount = 2 * UsageRow.placeByteCount
  private static let mostMethodBytes = 200

  /// Reads a page token.
  @_lifetime(copy token)
  init(_ token: Span<UInt8>) throws(Status) {
    let malformed = Fields.invalid("`page_token` is not one of an answer", "page_token")
    guard !token.isEmpty else {
      id = nil
      row = []
      owner = token
      return
    }
    guard token.count > TokenID.textCount,
      let id = TokenID(parsing: token.extracting(first: TokenID.textCount)),
      let colon = token.indices.first(where: { token[$0] == UInt8(ascii: ":") }),
      colon >= TokenID.textCount,
      let row = Self.row(token.extracting(TokenID.textCount..<colon))
    else { throw malformed }
    self.id = id
    self.row = row
    owner = token.extracting((colon + 1)..<token.count)
    if !owner.isEmpty { _ = try Fields.userID(owner, "page_token") }
  }

  /// The text of the position behind a row of a token.
  static func text(_ token: TokenRecord, row: Span<UInt8>) -> String {
    var text = token.id.description
    if !row.isEmpty {
      for index in 0..<UsageRow.placeByteCount {
        let digits = String(row[index], radix: 16)
        text += digits.utf8.count == 1 ? "0" + digits : digits
      }
      text += String(copying: row.extracting(UsageRow.placeByteCount..<row.count))
    }
    return text + ":" + String(copying: token.userID)
  }

  private static func row(_ text: Span<UInt8>) -> [UInt8]? {
    if text.isEmpty { return [] }
    guard text.count > digitCount, text.count <= digitCount + mostMethodBytes else { return nil }
    var row: [UInt8] = []
    for index in stride(from: 0, to: digitCount, by: 2) {
      guard let high = digit(text[index]), let low = digit(text[index + 1]) else { return nil }
      row.append(high << 4 | low)
    }
    for index in digitCount..<text.count { row.append(text[index]) }
    return row
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
