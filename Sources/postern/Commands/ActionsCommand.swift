internal import Messages
internal import PosternClient

/// `postern actions`.
enum ActionsCommand {
  static let actions = Command(
    words: ["actions"], summary: "Lists what a token's bearer, or a user, may do to a resource.",
    operands: [
      Operand(name: "TYPE[/ID]", summary: "The resource; a type alone names none in particular."),
      AskedSubject.tokenOperand,
    ],
    optional: AskedQuestion.options,
    details: AskedSubject.details + ["Exit code 1 says that no action is allowed."],
    examples: ["postern actions dashboard/latency --org acme --user bob"],
    answersYesOrNo: true, run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let operands = invocation.operands.filter { $0 != "-" }
    guard let resource = operands.first else { throw .misuse("`TYPE[/ID]` is missing") }
    guard operands.count == 1 else { throw .misuse("`\(operands[1])` is one argument too many") }
    let question = try AskedQuestion(invocation, resource: resource)
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.listActions { request in question.fill(request) }
    }
    try invocation.answer(reply.message, describe)
    return reply.message.actionsCount > 0 ? .success : .denied
  }

  private static func describe(_ answer: PosternV1.ListActionsResponse) -> String {
    guard answer.actionsCount > 0 else { return "no action is allowed" }
    var table = TextTable(["ACTION", "BY"])
    for index in 0..<answer.actionsCount {
      let action = answer.actions(at: index)
      table.add([DisplayText(action.action).description, DisplayText(action.rule).description])
    }
    return table.text
  }
}
