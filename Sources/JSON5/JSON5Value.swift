/// One value of a text.
package struct JSON5Value: Sendable {
  /// What it is.
  package enum Content: Sendable {
    case null
    case boolean(Bool)
    /// A whole number in decimal digits, with a `-` before a negative one.
    case number(String)
    case string(String)
    case list([JSON5Value])
    /// The members in the order of the text, each key once.
    case object([JSON5Member])
  }

  package let content: Content
  /// Where it begins.
  package let place: JSON5Place

  /// The kind of value, in words.
  package var kind: String {
    switch content {
    case .null: "null"
    case .boolean: "true or false"
    case .number: "a number"
    case .string: "a string"
    case .list: "a list"
    case .object: "an object"
    }
  }
}

/// One key of an object with its value.
package struct JSON5Member: Sendable {
  package let key: String
  /// Where the key begins.
  package let place: JSON5Place
  package let value: JSON5Value
}

/// A place in a text. Line and column count from one; the column counts Unicode scalars.
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

/// Why a text can't be read, and where.
package struct JSON5Error: Error, Sendable, Hashable {
  package let place: JSON5Place
  package let problem: String

  package init(_ place: JSON5Place, _ problem: String) {
    self.place = place
    self.problem = problem
  }
}

/// The limits of a text.
package struct JSON5Limits: Sendable {
  /// The nesting depth of lists and objects. Default: 16.
  package var depth = 16
  /// The number of values and keys together. Default: 100,000.
  package var values = 100_000

  package init(depth: Int = 16, values: Int = 100_000) {
    self.depth = depth
    self.values = values
  }
}
