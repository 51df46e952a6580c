internal import Messages

/// Reads the frames of a gRPC server as far as possible without header compression: their order on
/// each stream, and the messages.
struct HTTP2Transcript {
  private static let headerByteCount = 9
  private static let frameBytesMaximum = 16 << 10
  private static let data: UInt8 = 0
  private static let headers: UInt8 = 1
  private static let reset: UInt8 = 3
  private static let settings: UInt8 = 4
  private static let ping: UInt8 = 6
  private static let goAway: UInt8 = 7
  private static let windowUpdate: UInt8 = 8
  private static let endStream: UInt8 = 1
  private static let endHeaders: UInt8 = 4

  /// The state of the answer on a stream.
  private enum Phase {
    case silent, body, ended, reset
  }

  private var phases: [UInt32: Phase] = [:]
  private var bodies: [UInt32: [UInt8]] = [:]

  /// Checks that `written` is well-formed, ends with a whole frame, and holds only the messages in
  /// `answers`, which include their prefixes.
  static func check(_ written: [UInt8], _ answers: [UInt32: [UInt8]]) {
    var transcript = HTTP2Transcript()
    var rest = written.span
    var isFirst = true
    while !rest.isEmpty {
      precondition(rest.count >= headerByteCount, "the output ends inside a header")
      let count = Int(rest[0]) << 16 | Int(rest[1]) << 8 | Int(rest[2])
      precondition(count <= frameBytesMaximum, "a frame is larger than any peer must take")
      precondition(rest.count >= headerByteCount + count, "the output ends inside a frame")
      precondition(!isFirst || rest[3] == settings, "the server does not begin with its settings")
      isFirst = false
      transcript.see(
        type: rest[3], flags: rest[4], on: stream(rest),
        payload: rest.extracting(headerByteCount..<headerByteCount + count))
      rest = rest.extracting(droppingFirst: headerByteCount + count)
    }
    for (stream, body) in transcript.bodies {
      transcript.compare(body, with: answers[stream], of: stream)
    }
  }

  private static func stream(_ header: Span<UInt8>) -> UInt32 {
    var number: UInt32 = 0
    for index in 5..<9 { number = number << 8 | UInt32(header[index]) }
    return number
  }

  private mutating func see(
    type: UInt8, flags: UInt8, on stream: UInt32, payload: Span<UInt8>
  ) {
    let phase = phases[stream] ?? .silent
    let isEnd = flags & Self.endStream != 0
    switch type {
    case Self.settings, Self.ping, Self.goAway:
      precondition(stream == 0, "a frame of the connection's on a stream")
    case Self.windowUpdate:
      precondition(
        payload.count == 4 && phase != .reset, "a malformed window, or one of a reset stream")
    case Self.headers:
      precondition(stream % 2 == 1 && flags & Self.endHeaders != 0, "headers in pieces")
      precondition(phase == .silent || phase == .body && isEnd, "headers out of order")
      phases[stream] = isEnd ? .ended : .body
    case Self.data:
      precondition(phase == .body, "data out of order")
      bodies[stream, default: []] += Array(copying: payload)
      if isEnd { seeWords(stream) }
    case Self.reset:
      precondition(stream != 0 && phase != .reset, "a stream is reset twice")
      phases[stream] = .reset
    default: preconditionFailure("a frame that the server has no use for")
    }
  }

  /// Checks an answer without trailers, which is plain HTTP.
  private mutating func seeWords(_ stream: UInt32) {
    let words = bodies.removeValue(forKey: stream) ?? []
    precondition(words.starts(with: "this is a server of gRPC".utf8), "words of another's")
    phases[stream] = .ended
  }

  /// Compares the data on a stream with the answer, which is whole unless it was cut off.
  private func compare(_ body: [UInt8], with expected: [UInt8]?, of stream: UInt32) {
    guard let expected else {
      // A text for people that a closed window or a reset has cut off.
      let words = Array("this is a server of gRPC".utf8)
      let isWords = body.starts(with: words) || words.starts(with: body)
      return precondition(isWords, "a message that is no answer")
    }
    precondition(expected.starts(with: body), "another message than was given")
    precondition(phases[stream] != .ended || body.count == expected.count, "a message cut short")
  }
}
