/// A place in a text; both are counted from one, a column in characters.
package struct JSON5Place: Sendable, Hashable, Comparable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static func < (left: JSON5Place, right: JSON5Place) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}
