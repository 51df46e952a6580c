/// The text of a token, which nothing prints.
package struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
  private let text: [UInt8]

  /// Takes what was typed, piped or set, without the white space, line ends and byte order marks
  /// around it; nil if nothing is left.
  package init?(_ input: [UInt8]) {
    let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
    let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
    var rest = input[...]
    while true {
      let before = rest.count
      rest = rest.drop(while: isSpace)
      while let last = rest.last, isSpace(last) { rest.removeLast() }
      if rest.starts(with: byteOrderMark) { rest.removeFirst(3) }
      if rest.reversed().starts(with: byteOrderMark.reversed()) { rest.removeLast(3) }
      guard rest.count < before else { break }
    }
    guard !rest.isEmpty else { return nil }
    text = Array(rest)
  }

  /// The text for a request.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { text.span }
  }

  package var description: String { "a secret" }
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// Whether an argument is or holds a token's text, which then every process of the machine can
  /// read.
  static func isIn(_ argument: String) -> Bool {
    if argument.hasPrefix("pst_") { return true }
    let bytes = Array(argument.utf8)
    return ["=pst_", "pst_u_", "pst_o_"].contains { needle in
      let wanted = Array(needle.utf8)
      guard bytes.count >= wanted.count else { return false }
      return (0...bytes.count - wanted.count).contains {
        bytes[$0..<$0 + wanted.count].elementsEqual(wanted)
      }
    }
  }
}
