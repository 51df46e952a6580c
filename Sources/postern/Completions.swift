/// Completions, made from the table of commands. They contain words and options, not the ids in the
/// daemon: completion must not need rights.
enum Completions {
  /// For bash, without the bash-completion package.
  static var bash: String {
    """
    _postern() {
      local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
      local -a words=()
      local index
      for ((index = 1; index < COMP_CWORD; index++)); do
        case ${COMP_WORDS[index]} in
          \(valueOptions.joined(separator: "|"))) ((index++)) ;;
          -*) ;;
          *) words+=("${COMP_WORDS[index]}") ;;
        esac
      done
      COMPREPLY=()
      case $previous in
        \(pathOptions.joined(separator: "|"))) COMPREPLY=($(compgen -f -- "$current")); return ;;
    \(choiceLines {
      "    \($0.name)) COMPREPLY=($(compgen -W '\($1)' -- \"$current\")); return ;;"
    })
        \(valueOptions.joined(separator: "|"))) return ;;
      esac
      case "${words[*]}" in
        '') COMPREPLY=($(compgen -W '\(firstWords)' -- "$current")) ;;
    \(nounLines { "    '\($0)') COMPREPLY=($(compgen -W '\($1)' -- \"$current\")) ;;" })
    \(commandLines {
      "    \(pattern($0))) COMPREPLY=($(compgen \($2 ? "-f " : "")-W '\($1)' -- \"$current\")) ;;"
    })
      esac
    }
    complete -F _postern postern
    """
  }

  /// For zsh, as an autoloaded function.
  static var zsh: String {
    """
    #compdef postern
    _postern() {
      local -a found
      local index previous=${words[CURRENT-1]}
      for ((index = 2; index < CURRENT; index++)); do
        case ${words[index]} in
          \(valueOptions.joined(separator: "|"))) ((index++)) ;;
          -*) ;;
          *) found+=("${words[index]}") ;;
        esac
      done
      case $previous in
        \(pathOptions.joined(separator: "|"))) _files; return ;;
    \(choiceLines { "    \($0.name)) compadd -- \($1); return ;;" })
        \(valueOptions.joined(separator: "|"))) return ;;
      esac
      case "${found[*]}" in
        '') compadd -- \(firstWords) ;;
    \(nounLines { "    '\($0)') compadd -- \($1) ;;" })
    \(commandLines { "    \(pattern($0))) compadd -- \($1)\($2 ? "; _files" : "") ;;" })
      esac
    }
    if [[ $funcstack[1] == _postern ]]; then _postern "$@"; else compdef _postern postern; fi
    """
  }

  /// For fish.
  static var fish: String {
    var lines = ["complete -c postern -f"]
    for option in CommandOption.common { lines.append(fishOption(option, condition: nil)) }
    for noun in CommandTable.nouns {
      let commands = CommandTable.commands(of: noun)
      let summary = commands.count == 1 ? commands[0].summary : "commands about \(noun)"
      lines.append(
        "complete -c postern -n __fish_use_subcommand -a \(noun) -d '\(quoted(summary))'")
      for command in commands {
        var condition = "__fish_seen_subcommand_from \(noun)"
        if command.words.count > 1 {
          let verb = command.words[1]
          let verbs = commands.map { $0.words[1] }.joined(separator: " ")
          lines.append(
            "complete -c postern -n '\(condition); and not __fish_seen_subcommand_from \(verbs)'"
              + " -a \(verb) -d '\(quoted(command.summary))'")
          condition += "; and __fish_seen_subcommand_from \(verb)"
        }
        for option in command.options { lines.append(fishOption(option, condition: condition)) }
        if command.operands.contains(where: \.isPath) {
          lines.append("complete -c postern -n '\(condition)' -F")
        }
        if noun == "completions" {
          lines.append("complete -c postern -n '\(condition)' -a 'bash zsh fish'")
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func fishOption(_ option: CommandOption, condition: String?) -> String {
    var line = "complete -c postern"
    if let condition { line += " -n '\(condition)'" }
    line += " -l \(option.name.dropFirst(2))"
    if option.isPath {
      line += " -r -F"
    } else if !option.choices.isEmpty {
      line += " -x -a '\(option.choices.joined(separator: " "))'"
    } else if option.value != nil {
      line += " -x"
    }
    return line + " -d '\(quoted(option.summary))'"
  }

  private static func quoted(_ text: String) -> String {
    text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "\\'")
  }

  private static var firstWords: String {
    (CommandTable.nouns + CommandOption.common.map(\.name)).joined(separator: " ")
  }

  private static var valueOptions: [String] {
    CommandTable.options.filter { $0.value != nil }.map(\.name)
  }

  private static var pathOptions: [String] {
    CommandTable.options.filter(\.isPath).map(\.name)
  }

  /// A pattern for a command and any words after it, but not for a longer command.
  private static func pattern(_ command: String) -> String { "'\(command)'|'\(command) '*" }

  private static func choiceLines(_ line: (CommandOption, String) -> String) -> String {
    CommandTable.options.filter { !$0.choices.isEmpty }
      .map { line($0, $0.choices.joined(separator: " ")) }.joined(separator: "\n")
  }

  /// A line for each noun that needs a verb.
  private static func nounLines(_ line: (String, String) -> String) -> String {
    CommandTable.nouns.compactMap { noun in
      let commands = CommandTable.commands(of: noun)
      guard commands[0].words.count > 1 else { return nil }
      return line(noun, commands.map { $0.words[1] }.joined(separator: " "))
    }.joined(separator: "\n")
  }

  /// A line for each command, with the words that may follow it and whether files may.
  private static func commandLines(_ line: (String, String, Bool) -> String) -> String {
    CommandTable.all.map { command in
      var next = (command.options + CommandOption.common).map(\.name)
      if command.words == ["completions"] { next = ["bash", "zsh", "fish"] }
      if command.words == ["help"] { next = CommandTable.nouns }
      return line(
        command.words.joined(separator: " "), next.joined(separator: " "),
        command.operands.contains(where: \.isPath))
    }.joined(separator: "\n")
  }
}
