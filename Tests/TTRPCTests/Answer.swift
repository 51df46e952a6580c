internal import Messages
internal import RPC

/// One Response frame that a framing wrote.
struct Answer: Equatable {
  var stream: UInt32
  var code = StatusCode.ok
  var message = ""
  var payload: [UInt8] = []

  /// Splits output into its frames; `nil` unless all of it is well-formed responses.
  static func all(in output: [UInt8]) -> [Answer]? {
    var answers: [Answer] = []
    var rest = output[...]
    while !rest.isEmpty {
      guard rest.count >= 10 else { return nil }
      let header = Array(rest.prefix(10))
      let length = header[0..<4].reduce(0) { $0 << 8 | Int($1) }
      let stream = header[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
      guard header[8] == 2, header[9] == 0, rest.count >= 10 + length else { return nil }
      guard let answer = try? Answer(stream: stream, Array(rest.dropFirst(10).prefix(length)))
      else { return nil }
      answers.append(answer)
      rest = rest.dropFirst(10 + length)
    }
    return answers
  }
}

extension Answer {
  private init(stream: UInt32, _ bytes: [UInt8]) throws(WireError) {
    self.init(stream: stream)
    var reader = WireReader(bytes.span)
    while let field = try reader.next() {
      if field.number == 2 { payload = array(field.bytes) }
      guard field.number == 1 else { continue }
      var status = WireReader(field.bytes)
      while let part = try status.next() {
        if part.number == 1 { code = StatusCode(rawValue: UInt32(part.integer)) ?? .unknown }
        if part.number == 2 { message = text(part.bytes) }
      }
    }
  }
}
