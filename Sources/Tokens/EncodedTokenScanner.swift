// How a leaked token is found in UTF-16, UTF-32 and base64.
//
// All contain marks. In UTF-16 and UTF-32 of either byte order, `pst_` has zeros between its
// letters. In base64, each of the three alignments has two marks, for user and for org tokens. If
// the token begins inside a base64 group, its first four or two bits share a letter with preceding
// bits and come before the mark. Base64 of UTF-16 has one mark for each alignment:
//
//     pst_u_    cHN0X3V    pst_o_    cHN0X29    in UTF-16    cABzAHQAXwB
//     .pst_u_   BzdF91X    .pst_o_   BzdF9vX                 AAcwB0AF8A
//     ..pst_u_  wc3RfdV    ..pst_o_  wc3Rfb1                 wAHMAdABfA
//
// Text with a mark is decoded, even across line ends, and its checksum decides whether it is a
// token. The base64 may itself be encoded in UTF-16.

/// Finds tokens in UTF-16, UTF-32 and base64, with the standard or the URL alphabet, in input that
/// comes in chunks.
package struct EncodedTokenScanner: Sendable {
  /// The encoding of a token.
  package enum Encoding: String, Sendable {
    case utf16 = "UTF-16"
    case utf32 = "UTF-32"
    case base64
    case base64OfUTF16 = "base64 of UTF-16"

    /// Whether its letters are base64.
    var isBase64: Bool { self == .base64 || self == .base64OfUTF16 }

    /// How many bytes a letter of the token has, in base64 once that is decoded.
    var letterByteCount: Int {
      switch self {
      case .base64: 1
      case .utf16, .base64OfUTF16: 2
      case .utf32: 4
      }
    }
  }

  /// More bytes than an encoded token has: 244 in UTF-32; in base64 of UTF-16 164 letters, of two
  /// bytes each if they are in UTF-16 too, and line ends.
  private static let reach = 512
  private static let blockCount = 1024

  private var place = TextPlace()

  /// Makes a scanner at the start of an input.
  package init() {}

  /// Scans the next bytes of the input and lends every token in them, decoded, to `found`.
  ///
  /// Returns how many bytes are done: all of them if the input `isEnded`. The caller passes the
  /// rest, at most 512 bytes, to the next call again, before the bytes that follow.
  package mutating func scan<Failure: Error>(
    _ window: Span<UInt8>, isEnded: Bool,
    _ found: (FoundToken, Encoding, Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Int {
    let end = isEnded ? window.count : max(0, window.count &- Self.reach)
    var start = 0
    var counted = 0
    while start < end {
      let next = min(start &+ Self.blockCount, end)
      for (start, mark) in EncodedMark.find(in: window, beginningIn: start..<next) {
        var text = InlineArray<61, UInt8>(repeating: 0)
        defer { erase(&text) }
        Self.decode(window.extracting(droppingFirst: start), mark, into: &text)
        let parsed = TokenSecret.withParsed(text.span) { secret in (secret.kind, secret.id) }
        guard let (kind, id) = parsed else { continue }
        place.advance(over: window.extracting(counted..<start))
        counted = start
        let token = FoundToken(
          kind: kind, id: id, offsetBytes: place.offsetBytes, line: place.line,
          column: place.column)
        try found(token, mark.encoding, text.span)
      }
      start = next
    }
    place.advance(over: window.extracting(counted..<end))
    return end
  }
}

extension EncodedTokenScanner {
  /// Decodes the text that begins with a mark; stops early at bytes that can't be part of a token.
  private static func decode(
    _ bytes: Span<UInt8>, _ mark: EncodedMark, into text: inout InlineArray<61, UInt8>
  ) {
    var count = 0
    guard mark.encoding.isBase64 else {
      for index in 0..<min(bytes.count, reach) {
        guard take(bytes[index], at: &count, of: mark.encoding, into: &text) else { return }
      }
      return
    }
    let values = Base64Letters.values
    var (bits, bitCount) = (mark.bits, mark.bitCount)
    for index in 0..<min(bytes.count, reach) {
      let value = values[Int(bytes[index])]
      if value == Base64Letters.blank { continue }
      guard value < 64 else { return }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      guard bitCount >= 8 else { continue }
      bitCount -= 8
      let byte = UInt8(truncatingIfNeeded: bits >> UInt32(bitCount))
      guard take(byte, at: &count, of: mark.encoding, into: &text) else { return }
    }
  }

  /// Takes a decoded byte; false if it can't be part of a token, or is the last one.
  private static func take(
    _ byte: UInt8, at count: inout Int, of encoding: Encoding,
    into text: inout InlineArray<61, UInt8>
  ) -> Bool {
    let (letter, rest) = count.quotientAndRemainder(dividingBy: encoding.letterByteCount)
    // A letter of another script has other bytes than zeros.
    guard rest == 0 else {
      count += 1
      return byte == 0
    }
    text[letter] = byte
    count += 1
    return letter < text.count - 1
  }
}
