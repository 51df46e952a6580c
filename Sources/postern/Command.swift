/// One command of `postern`. Parsing, help and completions all follow from these values.
package struct Command: Sendable {
  /// The words that call it: a noun and a verb, or one word.
  package let words: [String]
  /// One sentence for lists of commands.
  let summary: String
  var operands: [Operand] = []
  var required: [CommandOption] = []
  /// Exactly one of these must be given.
  var exactlyOne: [CommandOption] = []
  var optional: [CommandOption] = []
  /// Further lines of the help.
  var details: [String] = []
  /// Command lines as a starting point.
  package var examples: [String] = []
  /// Whether its exit code says yes or no.
  var answersYesOrNo = false
  /// Whether it reads a ledger's files, which a disk may have damaged.
  var readsLedgerFiles = false
  /// Whether it does something that lasts, beside what `CommandBody.changes` says of the daemon.
  var leavesSomething = false
  /// What its exit codes mean, if they mean neither yes or no nor just success.
  var exitStatus: String?
  /// What it does.
  let body: CommandBody

  /// The words with the program's name.
  var title: String { (["postern"] + words).joined(separator: " ") }

  /// Whether it does something that lasts.
  var hasEffect: Bool { leavesSomething || body.changes }

  /// Its own options, without those of every command.
  package var options: [CommandOption] { required + exactlyOne + notRequired }

  private var notRequired: [CommandOption] {
    optional + (body.changes ? CommandOption.ofChanges : [])
  }

  /// The usage line.
  package var usage: String {
    var parts = [title]
    parts += operands.map(\.usage)
    parts += required.map(\.usage)
    if !exactlyOne.isEmpty {
      parts.append("(" + exactlyOne.map(\.usage).joined(separator: " | ") + ")")
    }
    parts += notRequired.map { "[\($0.usage)]" }
    return parts.joined(separator: " ")
  }
}

/// An argument that is identified by its position.
struct Operand: Sendable {
  /// Its name in the help, such as `ID`.
  let name: String
  /// One sentence for the help.
  let summary: String
  /// Whether it may be left out.
  var isOptional = false
  /// Whether there may be any number of them; then it is the last operand.
  var isRepeated = false
  /// Whether it names a file.
  var isPath = false
  /// The field of the request that it fills; nil if the command reads it itself.
  var fills: Binding?

  /// Its form in a usage line.
  var usage: String {
    (isOptional ? "[\(name)]" : name) + (isRepeated ? "..." : "")
  }
}
