/// An argument without a name, known by its place.
struct Operand: Sendable {
  /// What it is called in the help, as `ID`.
  let name: String
  /// One sentence for the help.
  let summary: String
  /// Whether it may be left out.
  var isOptional = false
  /// Whether there may be any number of them; then it is the last operand.
  var isRepeated = false
  /// Whether it names a file.
  var isPath = false

  /// As in a usage line.
  var usage: String {
    (isOptional ? "[\(name)]" : name) + (isRepeated ? "..." : "")
  }
}
