internal import Messages
internal import PosternClient

/// `postern check --batch`.
struct BatchCheckRun {
  private let invocation: Invocation
  private let batch: QuestionBatch
  private let subject: AskedSubject

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
    subject = try AskedSubject(invocation, isOptional: true)
    batch = try QuestionBatch(invocation.surroundings.open(file))
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

  /// The request: fields may come in any order, so the items follow the subject as they are.
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

  /// The daemon numbers the items, a person the lines.
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
