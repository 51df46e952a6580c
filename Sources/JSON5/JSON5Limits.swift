/// What a text may hold at most.
package struct JSON5Limits: Sendable {
  /// Lists and objects within each other. Default: 16.
  package var depth = 16
  /// Values and keys together. Default: 100,000.
  package var values = 100_000

  package init(depth: Int = 16, values: Int = 100_000) {
    self.depth = depth
    self.values = values
  }
}
