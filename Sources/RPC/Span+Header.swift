internal import Messages

extension Span where Element == UInt8 {
  /// Whether both are the same header name, ignoring case.
  package func isSameHeader(as name: Span<UInt8>) -> Bool {
    count == name.count && startsIgnoringCase(with: name)
  }

  /// Whether some servers confuse a header of this name with `name`: they ignore case and read `_`
  /// as `-`.
  package func mayBeTaken(for name: Span<UInt8>) -> Bool {
    guard count == name.count else { return false }
    for index in indices where folded(self[index]) != folded(name[index]) { return false }
    return true
  }

  /// As above, for a name in a string.
  package func isSame(as name: String) -> Bool {
    count == name.utf8.count && isSameHeader(as: name.utf8Span.span)
  }

  package func mayBeTaken(for name: String) -> Bool {
    count == name.utf8.count && mayBeTaken(for: name.utf8Span.span)
  }

  /// Whether this is a valid header name, which is never empty (RFC 9110, section 5.6.2). The bytes
  /// of one that is longer than any are not looked at: a request may be a single name of 4 MiB.
  package var isHeaderName: Bool {
    guard count <= 1024 else { return false }
    for index in indices {
      switch self[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"),
        UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "^"), UInt8(ascii: "`"),
        UInt8(ascii: "|"), UInt8(ascii: "~"):
        continue
      default: return false
      }
    }
    return !isEmpty
  }

  /// Whether it begins with `text`: case makes no difference.
  func startsIgnoringCase(with text: Span<UInt8>) -> Bool {
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

private func folded(_ byte: UInt8) -> UInt8 {
  byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : lowercased(byte)
}
