/// A parsed command line: options may come anywhere, and `--` ends them.
struct Arguments {
  private(set) var words: [String] = []
  private(set) var values: [String: [String]] = [:]

  init(_ arguments: [String]) throws(Failure) {
    // Checked before any message that would repeat an argument.
    guard !arguments.contains(where: Secret.isIn) else {
      throw .misuse(
        "a token among the arguments can be read by every process of this machine and stays in the"
          + " shell's history: revoke it, and pass the next one on standard input (`-`)")
    }
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        words += rest
        break
      }
      if argument == "-h" {
        values[CommandOption.help.name, default: []].append("")
      } else if argument.hasPrefix("-"), argument != "-" {
        try take(option: argument, from: &rest)
      } else {
        words.append(argument)
      }
    }
  }

  private mutating func take(option argument: String, from rest: inout ArraySlice<String>)
    throws(Failure)
  {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let option = CommandTable.options.first(where: { $0.name == name }) else {
      let names = CommandTable.options.map(\.name)
      throw .misuse("there is no option `\(name)`" + Nearest.question(name, among: names))
    }
    guard option.value != nil else {
      guard parts.count == 1 else { throw .misuse("`\(name)` takes no value") }
      values[name] = [""]
      return
    }
    let value: String
    if parts.count == 2 {
      value = String(parts[1])
    } else if let next = rest.first, !next.hasPrefix("-") || next == "-" {
      value = rest.removeFirst()
    } else {
      throw .misuse("`\(name)` needs a value: \(option.usage)")
    }
    guard !value.isEmpty else { throw .misuse("`\(name)` needs a value: \(option.usage)") }
    values[name, default: []].append(value)
  }

  /// Whether an option was given.
  func has(_ option: CommandOption) -> Bool { values[option.name] != nil }

  /// The command that the first words select.
  func command() throws(Failure) -> Command {
    guard let noun = words.first else {
      throw .misuse(
        "a command is missing: there are \(CommandTable.nouns.joined(separator: ", "));"
          + " `postern help` says what they do")
    }
    let candidates = try CommandTable.known(noun)
    if candidates[0].words.count == 1 { return candidates[0] }
    let verbs = candidates.map { $0.words[1] }
    guard words.count > 1 else {
      throw .misuse(
        "`\(noun)` needs one of: \(verbs.joined(separator: ", "));"
          + " `postern help \(noun)` says what they do")
    }
    if let found = CommandTable.command(noun, words[1]) { return found }
    let question = Nearest.question(verb: words[1], among: verbs)
    throw .misuse(
      "there is no command `\(noun) \(words[1])`"
        + (question.isEmpty ? ": \(noun) has \(verbs.joined(separator: ", "))" : question))
  }

  /// Checks that the arguments fit `command`.
  func check(for command: Command) throws(Failure) {
    let allowed = command.options + CommandOption.common
    for option in CommandTable.options where has(option) {
      guard allowed.contains(where: { $0.name == option.name }) else {
        throw .misuse("`\(command.words.joined(separator: " "))` takes no `\(option.name)`")
      }
      let given = values[option.name] ?? []
      guard given.count <= 1 || option.isRepeated else {
        throw .misuse("`\(option.name)` is given twice")
      }
    }
    if let missing = command.required.first(where: { !has($0) }) {
      throw .misuse("`\(missing.usage)` is missing")
    }
    guard command.exactlyOne.isEmpty || command.exactlyOne.count(where: has) == 1 else {
      let names = command.exactlyOne.map { "`\($0.usage)`" }
      throw .misuse("give exactly one of \(names.joined(separator: " and "))")
    }
    let operands = words.dropFirst(command.words.count)
    let needed = command.operands.prefix { !$0.isOptional }
    if operands.count < needed.count {
      throw .misuse("`\(needed[operands.count].name)` is missing")
    }
    if operands.count > command.operands.count, command.operands.last?.isRepeated != true {
      let extra = operands[operands.startIndex + command.operands.count]
      throw .misuse("`\(extra)` is one argument too many")
    }
  }
}
