internal import Messages

/// The encoded questions of a batch, and the lines that they came from.
struct QuestionBatch {
  /// The items in their encoded form, as in the message.
  private(set) var payload: [UInt8] = []
  private(set) var lines: [Int] = []
  private(set) var actions: [String] = []

  private static let maximumItems = 1000

  /// Reads all lines, each a JSON object; empty lines are skipped.
  init(_ input: any Input) throws(Failure) {
    var lines = InputLines(input)
    while let line = try lines.next() {
      guard line.contains(where: { $0 > 0x20 }) else { continue }
      guard self.lines.count < Self.maximumItems else {
        throw .misuse("a batch has at most \(Self.maximumItems) questions")
      }
      do {
        try add(line.span, line: lines.number)
      } catch {
        throw .misuse(
          "line \(lines.number), character \(error.column): \(DisplayText(error.problem))")
      }
    }
    guard !self.lines.isEmpty else { throw .misuse("the batch has no question") }
  }

  private mutating func add(_ text: Span<UInt8>, line: Int) throws(JSONError) {
    var item = ByteBuffer()
    try PosternV1.BatchCheckItem.encode(json: text, into: &item)
    var header = ByteBuffer()
    header.append(varint: 3 << 3 | 2)
    header.append(varint: UInt64(item.count))
    payload += Array(copying: header.bytes)
    payload += Array(copying: item.bytes)
    lines.append(line)
    let arena = Arena(initialBytes: 1 << 10)
    // The daemon refuses an item that can't be decoded.
    let decoded = try? PosternV1.BatchCheckItem(decoding: item.bytes, in: arena)
    if let decoded {
      actions.append(DisplayText(decoded.action).description)
    } else {
      actions.append("")
    }
  }
}
