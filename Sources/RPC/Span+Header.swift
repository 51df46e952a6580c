extension Span where Element == UInt8 {
  /// Whether both are the same name of a header: case makes no difference.
  package func isSameHeader(as name: Span<UInt8>) -> Bool {
    count == name.count && startsIgnoringCase(with: name)
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
