internal import Messages
internal import PosternClient

/// `postern import ...`.
///
/// Each message of records is a separate call, and the next one is read after the daemon has
/// applied it. So nothing queues in the daemon, and after an error the line to continue from is
/// known.
enum ImportCommand {
  static let `import` = Command(
    words: ["import"], summary: "Creates or changes what the records of a file say.",
    operands: [
      Operand(
        name: "FILE|-", summary: "The records, one on each line, as `export` writes them.",
        isPath: true)
    ],
    optional: [.fromLine],
    details: [
      "A line is a JSON object with an organization, a user, a team or a resource. A record comes",
      "after those that it refers to, and the first administrator soon after the organization.",
      "Nothing is deleted, and a record that is there already changes nothing: importing twice is",
      "safe. Only an operator may import.",
    ],
    examples: [
      "postern import directory.ndjson", "postern --socket OLD export | postern import -",
    ], body: .own(changes: true, run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let start = Int(clamping: try invocation.number(.fromLine) ?? 1)
    let input = try invocation.context.open(invocation.operand(0))
    let client = try invocation.connect()
    client.streamTimeout = client.timeout
    var run = ImportRun(
      of: input, over: client, progress: ProgressBar("imported", invocation.context),
      waitsForFleet: try invocation.waitsForFleet())
    do throws(Failure) {
      try run.read(from: start)
    } catch {
      run.progress.clear()
      throw error
    }
    run.progress.clear()
    let arena = Arena(initialBytes: 1 << 10)
    let response = PosternV1.ImportResponse.Builder(in: arena)
    run.total.fill(response)
    try invocation.print(invocation.output == .json ? response.jsonText : run.total.sentence)
    return .success
  }
}

/// One run over a file.
private struct ImportRun {
  private let client: PosternClient
  private let byteCount: Int?
  private var lines: InputLines
  private var batch = RecordBatch()
  private var recordCount = 0
  private(set) var total = ImportTotal()
  let progress: ProgressBar
  private let waitsForFleet: Bool

  init(
    of input: any Input, over client: PosternClient, progress: ProgressBar, waitsForFleet: Bool
  ) {
    self.waitsForFleet = waitsForFleet
    self.client = client
    self.progress = progress
    byteCount = input.byteCount
    lines = InputLines(input)
  }

  mutating func read(from start: Int) throws(Failure) {
    while let line = try lines.next() {
      guard lines.number >= start, line.contains(where: { $0 > 0x20 }) else { continue }
      let record: EncodedRecord
      do {
        record = try EncodedRecord(line.span)
      } catch {
        throw .trouble(
          "line \(lines.number), character \(error.column): \(DisplayText(error.problem))",
          advice: advice(batch.lines.first ?? lines.number))
      }
      if batch.isFull(for: record) { try send() }
      batch.add(record, line: lines.number)
    }
    guard !batch.lines.isEmpty else { return }
    // The wait for the last message covers all messages before it.
    if waitsForFleet { batch.waitForFleet() }
    try send()
  }

  private mutating func send() throws(Failure) {
    let sent = batch
    batch = RecordBatch()
    do throws(ClientError) {
      let answer = try client.call(
        service: "postern.v1.DirectoryService", method: "Import", streaming: sent.payload.span)
      guard total.add(answer) else {
        throw ClientError.connection("the daemon's answer can't be read")
      }
    } catch {
      throw failure(error, sent)
    }
    recordCount += sent.lines.count
    progress.show(recordCount, part: byteCount.map { Double(lines.readBytes) / Double(max($0, 1)) })
  }

  private func failure(_ error: ClientError, _ batch: RecordBatch) -> Failure {
    let first = batch.lines.first ?? 1
    guard case .status(_, let name, let message, _, let metadata) = error else {
      return .trouble(error.description, advice: advice(first))
    }
    // Before anything was applied this is an ordinary failure.
    guard let field = metadata["field"], field.hasPrefix("records["),
      let index = Int(field.dropFirst(8).prefix { $0 != "]" }), index < batch.lines.count
    else {
      return recordCount == 0 ? .call(error) : .trouble(error.description, advice: advice(first))
    }
    let sentence = message.replacing("records[\(index)].", with: "")
      .replacing("records[\(index)]", with: "the record")
    return .trouble(
      "line \(batch.lines[index]): \(DisplayText(sentence)) [\(name)]", advice: advice(first))
  }

  private func advice(_ line: Int) -> String {
    line == 1
      ? "nothing was imported"
      : "the lines before \(line) are imported or skipped: continue with `--from-line \(line)`"
  }
}
