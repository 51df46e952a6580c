internal import Platform

/// `postern help`.
enum HelpCommand {
  static let help = Command(
    words: ["help"], summary: "Explains all commands, or one.",
    operands: [
      Operand(name: "NOUN", summary: "The command's first word.", isOptional: true),
      Operand(name: "VERB", summary: "Its second word.", isOptional: true),
    ],
    examples: ["postern help token issue"], body: .own(run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try invocation.print(try Help.text(for: invocation.operands))
    return .success
  }
}

/// `postern version`.
enum VersionCommand {
  static let version = Command(
    words: ["version"], summary: "Prints the version of this program.",
    details: ["The daemon's version is in `postern status`."],
    examples: ["postern version"], body: .own(run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    switch invocation.output {
    case .text: try invocation.print("postern \(Release.version)")
    case .json: try invocation.print("{\"version\":\"\(Release.version)\"}")
    }
    return .success
  }
}

/// `postern completions`.
enum CompletionsCommand {
  static let completions = Command(
    words: ["completions"], summary: "Prints completions for a shell.",
    operands: [Operand(name: "bash|zsh|fish", summary: "The shell.")],
    examples: [
      "source <(postern completions bash)",
      "postern completions zsh > \"${fpath[1]}/_postern\"",
      "postern completions fish > ~/.config/fish/completions/postern.fish",
    ],
    body: .own(run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    switch invocation.operand(0) {
    case "bash": try invocation.print(Completions.bash)
    case "zsh": try invocation.print(Completions.zsh)
    case "fish": try invocation.print(Completions.fish)
    default:
      throw .misuse(
        "there are no completions for `\(invocation.operand(0))`, only for bash, zsh and fish")
    }
    return .success
  }
}
