internal import Messages
internal import RPC

/// One frame that a framing wrote.
struct Answer: Equatable {
  enum Kind {
    /// A Response.
    case response
    /// A Data frame with a message.
    case message
    /// A Data frame that ends a stream.
    case end
  }

  var stream: UInt32
  var kind = Kind.response
  var code = StatusCode.ok
  var message = ""
  var payload: [UInt8] = []

  /// Splits output into its frames; `nil` unless all of them are well-formed.
  static func all(in output: [UInt8]) -> [Answer]? {
    var answers: [Answer] = []
    var rest = output[...]
    while !rest.isEmpty {
      guard rest.count >= 10 else { return nil }
      let header = Array(rest.prefix(10))
      let length = header[0..<4].reduce(0) { $0 << 8 | Int($1) }
      let stream = header[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
      guard rest.count >= 10 + length else { return nil }
      let body = Array(rest.dropFirst(10).prefix(length))
      switch (header[8], header[9], length) {
      case (2, 0, _):
        guard let answer = try? Answer(stream: stream, body) else { return nil }
        answers.append(answer)
      case (3, 0, _): answers.append(Answer(stream: stream, kind: .message, payload: body))
      case (3, 5, 0): answers.append(Answer(stream: stream, kind: .end))
      default: return nil
      }
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
