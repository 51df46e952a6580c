/// An argument without a name, known by its place.
struct Operand: Sendable {
  /// What it is called in the help, as `ID`.
  let name: String
  /// One sentence for the help.
  let summary: String
  /// Whether it may be left out.
  var isOptional = false

  /// As in a usage line.
  var usage: String { isOptional ? "[\(name)]" : name }
}
