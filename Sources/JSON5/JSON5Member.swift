/// One key of an object with its value.
package struct JSON5Member: Sendable {
  package let key: String
  /// Where the key begins.
  package let place: JSON5Place
  package let value: JSON5Value
}
