extension TokenSecret {
  // Where the parts of the text begin.
  private static let idStart = 6
  private static let secretStart = 28
  private static let checksumStart = 55

  private typealias Parts = (kind: TokenKind, id: TokenID, words: (UInt64, UInt64, UInt64))

  /// Parses a token's text, lends the secret to `body` and wipes it afterwards. Returns nil,
  /// without calling `body`, if `withText` can't have written the text.
  ///
  /// The time depends neither on the secret's value nor on where after the prefix the text is
  /// wrong.
  package static func withParsed<Result: ~Copyable, Failure: Error>(
    _ text: Span<UInt8>, _ body: (borrowing TokenSecret) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard let parts = parts(of: text) else { return nil }
    let secret = TokenSecret(kind: parts.kind, id: parts.id, words: parts.words)
    defer { secret.wipe() }
    return try body(secret)
  }

  /// Parses a token's text to keep it; nil if `withText` can't have written the text.
  package init?(parsing text: Span<UInt8>) {
    guard let parts = Self.parts(of: text) else { return nil }
    self.init(kind: parts.kind, id: parts.id, words: parts.words)
  }

  // Inlined, so that the words are returned in registers and not in memory that is not wiped.
  @inline(__always)
  private static func parts(of text: Span<UInt8>) -> Parts? {
    guard text.count == Self.textCount, let kind = Self.kind(ofPrefix: text) else { return nil }
    let digits = Base62.digits.span
    var seen: UInt8 = 0
    let id = TokenID(text, from: Self.idStart, digits: digits, seen: &seen)
    let words = Self.words(text, digits: digits, seen: &seen)
    let stated = Base62.chunk(
      text, from: Self.checksumStart, count: 6, digits: digits, seen: &seen)
    let checksum = CRC32.checksum(text, count: Self.checksumStart)
    guard seen & Base62.invalid == 0, stated == UInt64(checksum), let id, let words else {
      return nil
    }
    return (kind, id, words)
  }

  /// The kind that `pst_u_` or `pst_o_` names; nil for any other six bytes.
  @inline(__always)
  private static func kind(ofPrefix text: Span<UInt8>) -> TokenKind? {
    guard text[0] == UInt8(ascii: "p"), text[1] == UInt8(ascii: "s"), text[2] == UInt8(ascii: "t"),
      text[3] == UInt8(ascii: "_"), text[5] == UInt8(ascii: "_")
    else { return nil }
    switch text[4] {
    case TokenKind.user.letter: return .user
    case TokenKind.organization.letter: return .organization
    default: return nil
    }
  }

  /// Reads 27 digits; nil if the number needs more than 160 bits. The caller must check `seen`.
  @inline(__always)
  private static func words(
    _ text: Span<UInt8>, digits: Span<UInt8>, seen: inout UInt8
  ) -> (UInt64, UInt64, UInt64)? {
    let start = Self.secretStart
    let limit = Base62.chunkLimit
    let first = Base62.chunk(text, from: start, count: 7, digits: digits, seen: &seen)
    let second = Base62.chunk(text, from: start &+ 7, count: 10, digits: digits, seen: &seen)
    let third = Base62.chunk(text, from: start &+ 17, count: 10, digits: digits, seen: &seen)
    // first * 62^20 + second * 62^10 + third, in words of 64 bits: at most 161 bits, so the top
    // word never overflows. If a byte is not a digit the sums may wrap, but the text is refused
    // anyway.
    let upper = first.multipliedFullWidth(by: limit)
    let (middle, carry) = upper.low.addingReportingOverflow(second)
    let high = upper.high &+ (carry ? 1 : 0)
    let lower = middle.multipliedFullWidth(by: limit)
    let higher = high.multipliedFullWidth(by: limit)
    let (low, lowCarry) = lower.low.addingReportingOverflow(third)
    let (sum, sumCarry) = higher.low.addingReportingOverflow(lower.high)
    let (total, totalCarry) = sum.addingReportingOverflow(lowCarry ? 1 : 0)
    let top = higher.high &+ (sumCarry ? 1 : 0) &+ (totalCarry ? 1 : 0)
    guard top >> 32 == 0 else { return nil }
    return (top, total, low)
  }

  /// Lends the text, to be shown once, and wipes it afterwards.
  package borrowing func withText<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var text = InlineArray<61, UInt8>(repeating: UInt8(ascii: "_"))
    defer { erase(&text) }
    var span = text.mutableSpan
    writeText(into: &span)
    return try body(text.span)
  }

  private borrowing func writeText(into text: inout MutableSpan<UInt8>) {
    text[0] = UInt8(ascii: "p")
    text[1] = UInt8(ascii: "s")
    text[2] = UInt8(ascii: "t")
    text[4] = kind.letter
    id.writeText(into: &text, at: Self.idStart)
    let words = self.words
    let limit = Base62.chunkLimit
    // The first word has 32 bits, so it is already a valid remainder.
    let upper = limit.dividingFullWidth((words.0, words.1))
    let lower = limit.dividingFullWidth((upper.remainder, words.2))
    let rest = limit.dividingFullWidth((upper.quotient, lower.quotient))
    Base62.writeDigits(rest.quotient, count: 7, at: Self.secretStart, into: &text)
    Base62.writeDigits(rest.remainder, count: 10, at: Self.secretStart &+ 7, into: &text)
    Base62.writeDigits(lower.remainder, count: 10, at: Self.secretStart &+ 17, into: &text)
    let checksum = CRC32.checksum(text.span, count: Self.checksumStart)
    Base62.writeDigits(UInt64(checksum), count: 6, at: Self.checksumStart, into: &text)
  }
}

extension TokenSecret {
  /// The token's id in a well-formed text, so that it need not be encoded again. It is not secret.
  @_lifetime(copy text)
  package static func idText(of text: Span<UInt8>) -> Span<UInt8> {
    text.extracting(6..<(6 + TokenID.textCount))
  }

  /// The id in what seems to be a token's text; nothing else of it is checked.
  package static func id(in text: Span<UInt8>) -> TokenID? {
    guard text.count == textCount else { return nil }
    var seen: UInt8 = 0
    return TokenID(text, from: idStart, digits: Base62.digits.span, seen: &seen)
  }

  /// The range of the secret and the checksum, which is never shown, in a text that begins at
  /// `start`.
  package static func secretRange(at start: Int) -> Range<Int> {
    start + secretStart..<start + textCount
  }
}
