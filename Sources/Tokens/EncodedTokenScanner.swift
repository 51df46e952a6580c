// How a leaked token is found where its text doesn't stand byte by byte: in UTF-16 and in base64.
//
// Both leave marks of seven bytes. In UTF-16 of either byte order `pst_` has zeros between its
// letters. In base64 there is one of two marks, for user and for org tokens, at each of the three
// alignments; behind the last byte of another group a token begins with four or two bits that are
// always the same and stand in a letter with others:
//
//     pst_u_    cHN0X3V    pst_o_    cHN0X29
//     .pst_u_   BzdF91X    .pst_o_   BzdF9vX
//     ..pst_u_  wc3RfdV    ..pst_o_  wc3Rfb1
//
// The search looks at the last byte of a window of seven, which says how far the window can move.
// What has a mark is decoded, over line ends too, and is a token or none by its checksum. A mark
// that a line end breaks is missed.

/// Finds tokens in UTF-16 and base64, of the standard alphabet and of that for URLs, in bytes that
/// come chunk by chunk.
package struct EncodedTokenScanner: Sendable {
  /// What a token was written in.
  package enum Encoding: String, Sendable {
    case utf16 = "UTF-16"
    case base64
  }

  /// More than a token takes: 122 bytes in UTF-16, 82 letters in base64 and the line ends in them.
  private static let reach = 256
  private static let markCount = 7

  private var place = TextPlace()

  /// Starts at the start of an input.
  package init() {}

  /// Goes through the next bytes of the input and lends every token in them, decoded, to `found`.
  ///
  /// Returns how many bytes it is done with: all of them when the input `isEnded`. The rest, fewer
  /// than 256, the next call gets again, in front of what follows.
  package mutating func scan<Failure: Error>(
    _ window: Span<UInt8>, isEnded: Bool,
    _ found: (FoundToken, Encoding, Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Int {
    let table = Self.shifts
    let shifts = table.span
    let end = window.count &- (isEnded ? Self.markCount &- 1 : Self.reach)
    var start = 0
    var counted = 0
    var clearUntil = 0
    while start < end {
      if start >= clearUntil {
        // Most blocks have none of the pairs, and are done with at once.
        clearUntil = min(start &+ Self.blockCount, window.count)
        guard Self.hasPair(window.extracting(start..<clearUntil)) else {
          // A mark may lie over the end of the block.
          start = max(start &+ 1, clearUntil &- Self.markCount &+ 1)
          continue
        }
      }
      let shift = Int(shifts[Int(window[start &+ Self.markCount &- 1])])
      guard shift == 0 else {
        start &+= shift
        continue
      }
      if let mark = Self.mark(in: window.extracting(start..<start &+ Self.markCount)) {
        var text = InlineArray<61, UInt8>(repeating: 0)
        defer { erase(&text) }
        Self.decode(window.extracting(droppingFirst: start), mark, into: &text)
        let parsed = TokenSecret.withParsed(text.span) { secret in (secret.kind, secret.id) }
        if let (kind, id) = parsed {
          place.advance(over: window.extracting(counted..<start))
          counted = start
          let token = FoundToken(
            kind: kind, id: id, offsetBytes: place.offsetBytes, line: place.line,
            column: place.column)
          try found(token, mark.encoding, text.span)
        }
      }
      start &+= 1
    }
    let done = isEnded ? window.count : max(0, min(start, end))
    place.advance(over: window.extracting(counted..<done))
    return done
  }
}

extension EncodedTokenScanner {
  private static let blockCount = 1024

  /// Whether two bytes stand beside each other as they do in a mark: a pair of each. Of this form
  /// of the loop the compiler makes vectors.
  private static func hasPair(_ bytes: Span<UInt8>) -> Bool {
    let count = bytes.count
    var found: UInt8 = 0
    var previous: UInt8 = 0
    var index = 0
    while index < count {
      let byte = bytes[index]
      let isUTF16 = (previous ^ UInt8(ascii: "t")) | byte
      let isFirst = (previous ^ UInt8(ascii: "H")) | (byte ^ UInt8(ascii: "N"))
      let isSecond = (previous ^ UInt8(ascii: "d")) | (byte ^ UInt8(ascii: "F"))
      let isThird = (previous ^ UInt8(ascii: "3")) | (byte ^ UInt8(ascii: "R"))
      found |= isUTF16 == 0 || isFirst == 0 || isSecond == 0 || isThird == 0 ? 1 : 0
      previous = byte
      index &+= 1
    }
    return found != 0
  }

  private struct Mark {
    let encoding: Encoding
    /// The bits of the first byte that stand before the mark, and how many they are.
    let bits: UInt32
    let bitCount: Int
  }

  private static func mark(in bytes: Span<UInt8>) -> Mark? {
    for (text, mark) in marks where equals(bytes, text) { return mark }
    return nil
  }

  private static func equals(_ bytes: Span<UInt8>, _ text: [UInt8]) -> Bool {
    for index in 0..<markCount where bytes[index] != text[index] { return false }
    return true
  }

  private static let marks: [([UInt8], Mark)] = {
    let start = Mark(encoding: .base64, bits: 0, bitCount: 0)
    let second = Mark(encoding: .base64, bits: 0b0111, bitCount: 4)
    let third = Mark(encoding: .base64, bits: 0b01, bitCount: 2)
    return [
      (Array("p\0s\0t\0_".utf8), Mark(encoding: .utf16, bits: 0, bitCount: 0)),
      (Array("cHN0X3V".utf8), start), (Array("cHN0X29".utf8), start),
      (Array("BzdF91X".utf8), second), (Array("BzdF9vX".utf8), second),
      (Array("wc3RfdV".utf8), third), (Array("wc3Rfb1".utf8), third),
    ]
  }()

  /// By the last byte of a window, how far the next window is that can be a mark: 0, if it is this.
  private static let shifts: [UInt8] = {
    var shifts = [UInt8](repeating: UInt8(markCount), count: 256)
    for (text, _) in marks {
      for (index, byte) in text.enumerated() {
        shifts[Int(byte)] = min(shifts[Int(byte)], UInt8(markCount - 1 - index))
      }
    }
    return shifts
  }()

  /// Decodes what begins with a mark; what is no text of a token ends it early.
  private static func decode(
    _ bytes: Span<UInt8>, _ mark: Mark, into text: inout InlineArray<61, UInt8>
  ) {
    switch mark.encoding {
    case .utf16:
      for index in text.indices where 2 * index < bytes.count {
        // A letter of another script has no zero beside it.
        guard index == 0 || bytes[2 * index - 1] == 0 else { return }
        text[index] = bytes[2 * index]
      }
    case .base64:
      let values = Self.values
      var (bits, bitCount, filled) = (mark.bits, mark.bitCount, 0)
      for index in 0..<min(bytes.count, reach) {
        let value = values[Int(bytes[index])]
        if value == skipped { continue }
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

  private static let skipped: UInt8 = 64
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 65, count: 256)
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, letter) in letters.utf8.enumerated() { values[Int(letter)] = UInt8(value) }
    values[Int(UInt8(ascii: "-"))] = 62
    values[Int(UInt8(ascii: "_"))] = 63
    for space in "\r\n\t ".utf8 { values[Int(space)] = skipped }
    return values
  }()
}
