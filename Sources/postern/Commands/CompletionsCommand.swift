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
    run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    switch invocation.operand(0) {
    case "bash": try invocation.print(Completions.bash)
    case "zsh": try invocation.print(Completions.zsh)
    case "fish": try invocation.print(Completions.fish)
    default:
      throw .misuse(
        "`\(invocation.operand(0))` is no shell with completions: bash, zsh and fish are")
    }
    return .success
  }
}
