internal import Messages

/// HTTP/1, which is not spoken here: how it is recognized, and what it is told.
enum HTTP1 {
  /// A longer first line is none.
  private static let longestLine = 8192

  /// The whole answer; the connection ends behind it.
  static let refusal: StaticString = """
    HTTP/1.1 505 HTTP Version Not Supported\r
    content-type: text/plain; charset=utf-8\r
    content-length: 71\r
    connection: close\r
    \r
    Postern speaks gRPC over HTTP/2, and ttrpc, on this socket: no HTTP/1.

    """

  /// Whether a connection that begins with these bytes speaks HTTP/1; nil while its first line, as
  /// `GET / HTTP/1.1`, may still become one.
  static func isSpoken(_ bytes: Span<UInt8>) -> Bool? {
    guard let first = bytes.isEmpty ? nil : bytes[0], isLetter(first) else { return false }
    for index in 0..<min(bytes.count, longestLine) {
      switch bytes[index] {
      case 0x20...0x7e, UInt8(ascii: "\r"): continue
      case UInt8(ascii: "\n"): return isRequest(bytes.extracting(first: index))
      default: return false
      }
    }
    return bytes.count < longestLine ? nil : false
  }

  private static func isRequest(_ line: Span<UInt8>) -> Bool {
    let hasReturn = line[line.count - 1] == UInt8(ascii: "\r")
    let text = hasReturn ? line.extracting(droppingLast: 1) : line
    let version = text.extracting(last: 9)
    return version.isEqual(to: " HTTP/1.1") || version.isEqual(to: " HTTP/1.0")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & 0xdf)
  }
}
