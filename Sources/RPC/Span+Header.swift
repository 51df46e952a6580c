extension Span where Element == UInt8 {
  /// Whether both are the same name of a header: case makes no difference.
  package func isSameHeader(as name: Span<UInt8>) -> Bool {
    count == name.count && startsIgnoringCase(with: name)
  }

  /// What follows `Bearer ` (RFC 6750) in the value of `authorization`; empty for another scheme.
  package var bearerToken: Span<UInt8> {
    @_lifetime(copy self)
    get {
      let scheme = "bearer "
      guard startsIgnoringCase(with: scheme.utf8Span.span) else { return extracting(0..<0) }
      var start = scheme.utf8.count
      while start < count, self[start] == UInt8(ascii: " ") { start += 1 }
      return extracting(start...)
    }
  }

  private func startsIgnoringCase(with text: Span<UInt8>) -> Bool {
    guard count >= text.count else { return false }
    for index in text.indices where lowercased(self[index]) != lowercased(text[index]) {
      return false
    }
    return true
  }
}

private func lowercased(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
