/// The help, made from the table of commands.
enum Help {
  /// The program's usage line.
  static let usage = "postern [--socket PATH] [--output text|json] NOUN VERB ..."

  /// The help on `words`: everything, one noun, or one command.
  static func text(for words: [String]) throws(Failure) -> String {
    guard let noun = words.first else { return overview }
    let commands = try CommandTable.known(noun)
    if let command = commands.first(where: { words.starts(with: $0.words) })
      ?? (words.count > 1 ? CommandTable.command(noun, words[1]) : nil)
    {
      return text(of: command)
    }
    guard words.count == 1 else {
      let verbs = commands.map { $0.words[1] }
      throw .misuse(
        "there is no command `\(noun) \(words[1])`" + Nearest.question(verb: words[1], among: verbs)
      )
    }
    return "Usage: postern \(noun) VERB ...\n\n" + list(commands)
      + "\n\n`postern \(noun) VERB --help` explains one of them."
  }

  private static var overview: String {
    """
    Usage: \(usage)

    Issues and checks API tokens, and decides who may do what, by asking posternd.

    Commands:
    \(list(CommandTable.all))

    Common options, which may stand anywhere:
    \(list(CommandOption.common + [CommandOption.version]))

    Environment:
    \(environment)

    Secrets come from standard input or the environment only, never from an argument.
    `postern COMMAND --help` explains a command.
    """
  }

  private static func text(of command: Command) -> String {
    var parts = ["Usage: \(command.usage)", command.summary]
    if !command.details.isEmpty { parts.append(command.details.joined(separator: "\n")) }
    if !command.operands.isEmpty {
      var table = TextTable()
      for operand in command.operands { table.add(["  \(operand.name)", operand.summary]) }
      parts.append("Arguments:\n" + table.text)
    }
    if !command.options.isEmpty { parts.append("Options:\n" + list(command.options)) }
    parts.append("Common options:\n" + list(CommandOption.common))
    if !command.examples.isEmpty {
      parts.append("Examples:\n" + command.examples.map { "  " + $0 }.joined(separator: "\n"))
    }
    let usual =
      command.answersYesOrNo ? "0 yes, 1 no, 2 misuse, 3 error" : "0 done, 2 misuse, 3 error"
    parts.append("Exit status: \(command.exitStatus ?? usual).")
    return parts.joined(separator: "\n\n")
  }

  private static var environment: String {
    var table = TextTable()
    table.add(["  POSTERN_SOCKET", "The daemon's socket, if --socket isn't given."])
    table.add([
      "  POSTERN_TOKEN",
      "A token: calls have its user's rights. It isn't the token that is asked about.",
    ])
    return table.text
  }

  private static func list(_ commands: [Command]) -> String {
    var table = TextTable()
    for command in commands {
      table.add(["  " + command.words.joined(separator: " "), command.summary])
    }
    return table.text
  }

  private static func list(_ options: [CommandOption]) -> String {
    var table = TextTable()
    for option in options {
      table.add(["  " + (option.name == "--help" ? "-h, --help" : option.usage), option.summary])
    }
    return table.text
  }
}

/// Finds the word that a person probably meant.
package enum Nearest {
  /// Returns `: did you mean ...?`, or an empty text if no candidate is near.
  static func question(_ word: String, among candidates: [String]) -> String {
    let measured = candidates.map { ($0, distance(Array(word), Array($0))) }
    guard let best = measured.min(by: { $0.1 < $1.1 }), best.1 <= max(1, best.0.count / 3) else {
      return ""
    }
    return ": did you mean `\(best.0)`?"
  }

  /// As above, for the second word of a command; it also considers synonyms.
  static func question(verb word: String, among verbs: [String]) -> String {
    if let group = synonyms.first(where: { $0.contains(word) }),
      let verb = verbs.first(where: { $0 != word && group.contains($0) })
    {
      return ": did you mean `\(verb)`?"
    }
    return question(word, among: verbs)
  }

  private static let synonyms = [
    ["create", "issue", "put", "invite", "set", "add", "new"],
    ["delete", "remove", "revoke", "rm"], ["list", "ls"], ["get", "show", "describe"],
    ["update", "rename", "edit"],
  ]

  /// The number of edits that turn one word into the other: inserting, removing or replacing a
  /// letter, or swapping two neighbours.
  package static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var rows = [Array(0...right.count)]
    for row in left.indices {
      var next = [row + 1]
      for column in right.indices {
        let same = left[row] == right[column]
        var best = min(
          rows[row][column] + (same ? 0 : 1), rows[row][column + 1] + 1, next[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          best = min(best, rows[row - 1][column - 1] + 1)
        }
        next.append(best)
      }
      rows.append(next)
    }
    return rows[left.count][right.count]
  }
}
