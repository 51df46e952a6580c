internal import Messages
internal import PosternClient

/// `postern check`.
enum CheckCommand {
  static let check = Command(
    words: ["check"], summary: "Says whether a token's bearer, or a user, may do something.",
    operands: [
      // With --batch it is in the file.
      Operand(
        name: "ACTION", summary: "The action, such as integration.create.", isOptional: true,
        fills: .text("action")),
      AskedQuestion.resourceOperand, AskedQuestion.tokenOperand,
    ],
    optional: AskedQuestion.options + [.batch],
    details: AskedQuestion.details + [
      "With --batch, 1 to 1,000 questions are decided at one revision. Each line is a JSON object",
      "with `action` and, if needed, `resource`, `target_user_id`, and a subject of its own as",
      "`user` or `token_secret`. Exit code 0 then says that all are allowed.",
    ],
    examples: [
      "postern check integration.create <<< \"$TOKEN\"",
      "postern check dashboard.update dashboard/latency --org acme --user bob",
      "postern check --batch questions.ndjson --org acme --user bob",
    ],
    answersYesOrNo: true,
    body: .own { (invocation) throws(Failure) in
      guard let file = invocation.optional(.batch) else { return try single.run(invocation) }
      return try BatchCheckRun(invocation, file).run()
    })

  private static let single = CommandBody.ask(
    PosternClient.check, prepare: AskedQuestion.prepare, yes: { $0.allowed }
  ) { answer, _ in
    verdict(answer.allowed, message: answer.message, rule: answer.rule)
  }

  /// A decision as one line.
  static func verdict(_ isAllowed: Bool, message: Span<UInt8>, rule: Span<UInt8>) -> String {
    let reason = DisplayText(message.isEmpty ? rule : message).description
    return (isAllowed ? "allowed" : "denied") + (reason.isEmpty ? "" : ": \(reason)")
  }
}

/// `postern check --batch`.
struct BatchCheckRun {
  private let invocation: Invocation
  private let batch: QuestionBatch
  private let subject: FieldValues

  init(_ invocation: Invocation, _ file: String) throws(Failure) {
    if let operand = invocation.operands.first(where: { $0 != "-" }) {
      throw .misuse("`\(operand)` is one argument too many: the questions are in the batch")
    }
    for option in [CommandOption.targetUser, .resourceOrganization] where invocation.has(option) {
      throw .misuse("`\(option.name)` is for one question: in a batch each names its own")
    }
    guard file != "-" || !(invocation.has(.tokenFromInput) || invocation.operands.contains("-"))
    else { throw .misuse("standard input can't hold both the token and the batch") }
    self.invocation = invocation
    var subject = try invocation.boundFields()
    try AskedQuestion.takeSubject(invocation, &subject, isOptional: true)
    self.subject = subject
    batch = try QuestionBatch(invocation.context.open(file))
  }

  func run() throws(Failure) -> ExitCode {
    let client = try invocation.connect()
    let payload = payload
    let answer: [UInt8]
    do throws(ClientError) {
      answer = try client.call(
        service: "postern.v1.PermissionService", method: "BatchCheck", payload: payload.span)
    } catch {
      throw failure(error)
    }
    let arena = Arena(initialBytes: 64 << 10)
    guard let response = try? PosternV1.BatchCheckResponse(decoding: answer.span, in: arena) else {
      throw .call(.connection("the daemon's answer can't be read"))
    }
    try invocation.answer(response, describe)
    var areAllowed = response.resultsCount == batch.lines.count
    for index in 0..<response.resultsCount where !response.results(at: index).allowed {
      areAllowed = false
    }
    return areAllowed ? .success : .denied
  }

  /// The request: fields may come in any order, so the encoded items simply follow the subject.
  private var payload: [UInt8] {
    let arena = Arena(initialBytes: 1 << 10)
    let request = PosternV1.BatchCheckRequest.Builder(in: arena)
    subject.fill(request)
    var encoded = ByteBuffer()
    request.encode(into: &encoded)
    return Array(copying: encoded.bytes) + batch.payload
  }

  private func describe(_ response: PosternV1.BatchCheckResponse) -> String {
    var table = TextTable()
    for index in 0..<min(response.resultsCount, batch.lines.count) {
      let result = response.results(at: index)
      table.add([
        "\(batch.lines[index])", batch.actions[index],
        CheckCommand.verdict(result.allowed, message: result.message, rule: result.rule),
      ])
    }
    return table.text
  }

  /// Translates the daemon's item number into a line number.
  private func failure(_ error: ClientError) -> Failure {
    guard case .status(let code, let name, let message, _, let metadata) = error,
      let field = metadata["field"], field.hasPrefix("items["),
      let index = Int(field.dropFirst(6).prefix { $0 != "]" }),
      batch.lines.indices.contains(index)
    else { return .call(error) }
    let sentence = message.replacing("`items[\(index)]`: ", with: "")
      .replacing("items[\(index)].", with: "")
    let text = "line \(batch.lines[index]): \(DisplayText(sentence)) [\(name)]"
    return code == 3 ? .misuse(text) : .trouble(text, advice: "nothing was decided")
  }
}
