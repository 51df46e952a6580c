/// How answers are printed.
enum OutputFormat: String, CaseIterable {
  /// For people.
  case text
  /// One JSON document an answer, fields named as in the contract.
  case json
}
