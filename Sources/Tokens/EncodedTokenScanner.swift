// How a leaked token is found in UTF-16 and in base64.
//
// Both contain marks of seven bytes. In UTF-16 of either byte order, `pst_` has zeros between its
// letters. In base64, each of the three alignments has two marks, for user and for org tokens. If
// the token begins inside a base64 group, its first four or two bits share a letter with preceding
// bits and come before the mark:
//
//     pst_u_    cHN0X3V    pst_o_    cHN0X29
//     .pst_u_   BzdF91X    .pst_o_   BzdF9vX
//     ..pst_u_  wc3RfdV    ..pst_o_  wc3Rfb1
//
// Text with a mark is decoded, even across line ends, and its checksum decides whether it is a
// token. The base64 may itself be encoded in UTF-16.

/// Finds tokens in UTF-16 and in base64, with the standard or the URL alphabet, in input that comes
/// in chunks.
package struct EncodedTokenScanner: Sendable {
  /// The encoding of a token.
  package enum Encoding: String, Sendable {
    case utf16 = "UTF-16"
    case base64
  }

  /// More bytes than an encoded token has: 122 in UTF-16; in base64 82 letters, of two bytes each
  /// in UTF-16, and line ends.
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
    switch mark.encoding {
    case .utf16:
      for index in text.indices where 2 * index < bytes.count {
        // A letter of another script has no zero byte.
        guard index == 0 || bytes[2 * index - 1] == 0 else { return }
        text[index] = bytes[2 * index]
      }
    case .base64:
      let values = Base64Letters.values
      var (bits, bitCount, filled) = (mark.bits, mark.bitCount, 0)
      for index in 0..<min(bytes.count, reach) {
        let value = values[Int(bytes[index])]
        if value == Base64Letters.blank { continue }
        guard value < 64, filled < 61 else { return }
        bits = bits << 6 | UInt32(value)
        bitCount += 6
        guard bitCount >= 8 else { continue }
        bitCount -= 8
        text[filled] = UInt8(truncatingIfNeeded: bits >> UInt32(bitCount))
        filled += 1
      }
    }
  }
}
