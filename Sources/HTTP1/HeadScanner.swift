internal import RPC

/// Finds the end of a request's head as its bytes arrive, each of which it looks at once.
///
/// It refuses what servers read in different ways (RFC 9112, section 2.2): a CR or LF alone, and
/// control characters. So what follows it need not look for them again.
struct HeadScanner {
  private var offset = 0
  private var lineStart = 0

  /// The length of the head with its empty line; nil while more bytes are needed.
  mutating func scan(_ bytes: Span<UInt8>, limit: Int) throws(HTTPFault) -> Int? {
    let end = min(bytes.count, limit)
    while offset < end {
      let byte = bytes[offset]
      if (byte >= 0x20 && byte != 0x7f) || byte == 0x09 {
        offset += 1
        continue
      }
      guard byte == UInt8(ascii: "\r") else {
        throw byte == UInt8(ascii: "\n") ? .lineEnding : .controlByte
      }
      guard offset + 1 < bytes.count else { return nil }
      guard bytes[offset + 1] == UInt8(ascii: "\n") else { throw .lineEnding }
      offset += 2
      if offset - lineStart == 2 {
        // An empty line in place of the first one.
        guard lineStart > 0 else { throw .requestLine }
        return offset
      }
      lineStart = offset
    }
    guard bytes.count < limit else { throw lineStart == 0 ? .targetTooLong : .headTooLong }
    return nil
  }
}

/// Goes through the fields of a head that `HeadScanner` has found.
struct FieldReader {
  /// Where the present field's name is.
  private(set) var name = 0..<0
  /// Where its value is, without the white space around it.
  private(set) var value = 0..<0
  private var offset: Int

  /// Begins behind the first line.
  init(at offset: Int) { self.offset = offset }

  /// Moves to the next field; false at the end. A line that continues the one before (obs-fold) has
  /// no name and is refused.
  mutating func next(in head: Span<UInt8>) throws(HTTPFault) -> Bool {
    guard head[offset] != UInt8(ascii: "\r") else { return false }
    var colon = offset
    while head[colon] != UInt8(ascii: ":") {
      guard head[colon] != UInt8(ascii: "\r") else { throw .fieldName }
      colon += 1
    }
    name = offset..<colon
    guard head.extracting(name).isHeaderName else { throw .fieldName }
    var start = colon + 1
    while Self.isSpace(head[start]) { start += 1 }
    var end = start
    while head[end] != UInt8(ascii: "\r") { end += 1 }
    offset = end + 2
    while end > start, Self.isSpace(head[end - 1]) { end -= 1 }
    value = start..<end
    return true
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
