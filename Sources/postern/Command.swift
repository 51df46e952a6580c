/// One thing that `postern` can do. Parsing, help and completions all follow from these.
package struct Command: Sendable {
  /// What calls it: a noun and a verb, or one word.
  package let words: [String]
  /// One sentence for lists of commands.
  let summary: String
  var operands: [Operand] = []
  var required: [CommandOption] = []
  /// Of these exactly one must be given.
  var exactlyOne: [CommandOption] = []
  var optional: [CommandOption] = []
  /// Further lines of the help.
  var details: [String] = []
  /// Command lines to start from.
  package var examples: [String] = []
  /// Whether its exit code says yes or no.
  var answersYesOrNo = false
  /// Whether it reads files of a ledger, which a disk may have damaged.
  var readsLedgerFiles = false
  /// What its exit codes mean, if neither that nor just whether it is done.
  var exitStatus: String?
  /// Does it.
  let run: @Sendable (Invocation) throws(Failure) -> ExitCode

  /// The words with the program's name.
  var title: String { (["postern"] + words).joined(separator: " ") }

  /// Its own options, without the common ones.
  package var options: [CommandOption] { required + exactlyOne + optional }

  /// The line that says how to call it.
  package var usage: String {
    var parts = [title]
    parts += operands.map(\.usage)
    parts += required.map(\.usage)
    if !exactlyOne.isEmpty {
      parts.append("(" + exactlyOne.map(\.usage).joined(separator: " | ") + ")")
    }
    parts += optional.map { "[\($0.usage)]" }
    return parts.joined(separator: " ")
  }
}

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
