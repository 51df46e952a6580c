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

  /// What it is, in words.
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
