internal import Messages

extension HTTP1Framing {
  /// What a first line may begin with (RFC 9110, section 9, and RFC 5789).
  private static let beginnings: [StaticString] = [
    "GET ", "POST ", "HEAD ", "OPTIONS ", "PUT ", "DELETE ", "PATCH ", "TRACE ", "CONNECT ",
  ]

  /// Whether a connection that begins with these bytes speaks HTTP/1; nil while more bytes are
  /// needed.
  package static func isSpoken(_ bytes: Span<UInt8>) -> Bool? {
    var mayBecome = false
    for text in beginnings {
      let count = min(text.utf8CodeUnitCount, bytes.count)
      guard bytes.extracting(first: count).isBeginning(of: text) else { continue }
      if count == text.utf8CodeUnitCount { return true }
      mayBecome = true
    }
    return mayBecome ? nil : false
  }
}

extension Span where Element == UInt8 {
  /// Whether a text of the program begins with these bytes.
  fileprivate func isBeginning(of text: StaticString) -> Bool {
    for index in indices {
      // SAFETY: the caller has no more bytes than the text.
      guard unsafe self[index] == text.utf8Start[index] else { return false }
    }
    return true
  }
}
