internal import Messages
internal import PosternClient

/// `postern check`.
enum CheckCommand {
  static let check = Command(
    words: ["check"], summary: "Says whether a token's bearer, or a user, may do something.",
    operands: [
      Operand(
        name: "ACTION", summary: "The action, such as integration.create.", isOptional: true),
      AskedQuestion.resourceOperand, AskedSubject.tokenOperand,
    ],
    optional: AskedQuestion.options + [.batch],
    details: AskedSubject.details + [
      "With --batch, 1 to 1,000 questions are decided at one revision. Each line is a JSON object",
      "with `action` and, if needed, `resource`, `target_user_id`, and a subject of its own as",
      "`user` or `token_secret`. Exit code 0 then says that all are allowed.",
    ],
    examples: [
      "postern check integration.create <<< \"$TOKEN\"",
      "postern check dashboard.update dashboard/latency --org acme --user bob",
      "postern check --batch questions.ndjson --org acme --user bob",
    ],
    answersYesOrNo: true, run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    if let file = invocation.optional(.batch) {
      return try BatchCheckRun(invocation, file).run()
    }
    let (action, resource) = try AskedQuestion.actionAndResource(invocation)
    let question = try AskedQuestion(invocation, resource: resource)
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.check { request in
        request.setAction(action)
        question.fill(request)
      }
    }
    try invocation.answer(reply.message) {
      verdict($0.allowed, message: $0.message, rule: $0.rule)
    }
    return reply.message.allowed ? .success : .denied
  }

  /// A decision as one line.
  static func verdict(_ isAllowed: Bool, message: Span<UInt8>, rule: Span<UInt8>) -> String {
    let reason = DisplayText(message.isEmpty ? rule : message).description
    return (isAllowed ? "allowed" : "denied") + (reason.isEmpty ? "" : ": \(reason)")
  }
}
