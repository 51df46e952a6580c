/// `postern help`.
enum HelpCommand {
  static let help = Command(
    words: ["help"], summary: "Explains all commands, or one.",
    operands: [
      Operand(name: "NOUN", summary: "The command's first word.", isOptional: true),
      Operand(name: "VERB", summary: "Its second word.", isOptional: true),
    ],
    examples: ["postern help token issue"], run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try invocation.print(try Help.text(for: invocation.operands))
    return .success
  }
}
