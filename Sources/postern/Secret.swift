/// The text of a token, which is never printed.
package struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
  private let text: [UInt8]

  /// Takes typed, piped or environment input, without the white space, line ends and byte order
  /// marks around it; nil if nothing is left.
  package init?(_ input: [UInt8]) {
    var rest = input[...]
    while let blank = Self.blanks.first(where: { rest.starts(with: $0) }) {
      rest.removeFirst(blank.count)
    }
    while let blank = Self.blanks.first(where: { rest.reversed().starts(with: $0.reversed()) }) {
      rest.removeLast(blank.count)
    }
    guard !rest.isEmpty else { return nil }
    text = Array(rest)
  }

  /// What may surround a token without being part of it: ASCII white space, and in UTF-8 the
  /// invisible characters that come with copies from pages and files.
  private static let blanks: [[UInt8]] =
    [0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d].map { [$0] } + [
      [0xc2, 0xa0], [0xe2, 0x80, 0x8b], [0xe2, 0x80, 0xaf], [0xe3, 0x80, 0x80],
      [0xef, 0xbb, 0xbf],
    ]

  /// Whether there are blanks inside, so that this is more than a token.
  var hasBlanks: Bool {
    text.indices.contains { start in Self.blanks.contains { text[start...].starts(with: $0) } }
  }

  /// The text for a request.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { text.span }
  }

  package var description: String { "a secret" }
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// Whether an argument is or contains a token's text, which every process of the machine could
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
