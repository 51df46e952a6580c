internal import Messages
internal import Tokens

/// The text forms of tokens and of their ids: each has one spelling, and every other is refused.
enum TokensFuzz {
  private static let seedByteCount = 1 + TokenID.byteCount + TokenSecret.secretByteCount

  static func run(_ bytes: Span<UInt8>) {
    checkToken(bytes)
    checkID(bytes)
    if bytes.count >= seedByteCount + 2 { checkMade(bytes) }
  }

  /// Returns whether the text is a token's.
  @discardableResult
  private static func checkToken(_ text: Span<UInt8>) -> Bool {
    let wasRead = TokenSecret.withParsed(text) { secret in
      secret.withText { precondition($0.isEqual(to: text), "a token has a second spelling") }
      let id = secret.id.text
      precondition(id.span.isEqual(to: TokenSecret.idText(of: text)), "the id lies elsewhere")
      return true
    }
    precondition((TokenSecret(parsing: text) != nil) == (wasRead ?? false), "two readers differ")
    return wasRead ?? false
  }

  private static func checkID(_ text: Span<UInt8>) {
    guard let id = TokenID(parsing: text) else { return }
    let written = id.text
    precondition(written.span.isEqual(to: text), "an id has a second spelling")
    let bytes = id.bytes
    precondition(TokenID(bytes: bytes.span) == id, "an id has two binary forms")
  }

  /// Makes a token from the input, because no fuzzer finds its checksum. Reads it back, and checks
  /// that it is refused with any one byte changed.
  private static func checkMade(_ bytes: Span<UInt8>) {
    let kind: TokenKind = bytes[0] & 1 == 0 ? .user : .organization
    guard let id = TokenID(bytes: bytes.extracting(1..<1 + TokenID.byteCount)) else {
      preconditionFailure("16 bytes are an id")
    }
    let random = bytes.extracting(1 + TokenID.byteCount..<seedByteCount)
    let made = TokenSecret(kind: kind, id: id, random: random)
    var text = made.withText { Array(copying: $0) }
    precondition(checkToken(text.span), "a token that was made can't be read")
    TokenSecret.withParsed(text.span) { read in
      precondition(read.kind == kind && read.id == id, "a token is read as another")
      read.withBytes { precondition($0.isEqual(to: random), "a secret is read as another") }
    }
    let place = Int(bytes[seedByteCount]) % text.count
    let byte = bytes[seedByteCount + 1]
    guard text[place] != byte else { return }
    text[place] = byte
    precondition(!checkToken(text.span), "a changed token passes its checksum")
  }
}
