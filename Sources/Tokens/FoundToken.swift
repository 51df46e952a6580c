/// A token that stands somewhere in an input, without its secret.
package struct FoundToken: Sendable, Hashable {
  package let kind: TokenKind
  package let id: TokenID
  /// How many bytes of the input stand before it.
  package let offsetBytes: Int64
  /// The line that it is in, from 1. Lines end with a line feed.
  package let line: Int64
  /// The byte of the line that it begins at, from 1.
  package let column: Int64

  package init(kind: TokenKind, id: TokenID, offsetBytes: Int64, line: Int64, column: Int64) {
    self.kind = kind
    self.id = id
    self.offsetBytes = offsetBytes
    self.line = line
    self.column = column
  }
}
