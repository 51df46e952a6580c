internal import Messages
internal import RPC
internal import TTRPC

/// Reads what a ttrpc server wrote, like its client.
struct TTRPCTranscript {
  /// What has been read on each call so far.
  private var heard: [UInt32: TTRPCAnswer] = [:]

  private static let headerByteCount = 10

  /// Checks that `written` is whole frames, and that each call of `answers` got its messages and
  /// its ending, or a failure at any point.
  static func check(_ written: [UInt8], _ answers: [UInt32: TTRPCAnswer]) {
    var transcript = TTRPCTranscript()
    var rest = written.span
    while !rest.isEmpty {
      precondition(rest.count >= headerByteCount, "the output ends inside a header")
      let count = Int(number(rest, at: 0))
      precondition(count <= 4 << 20, "a frame is larger than the protocol allows")
      precondition(rest.count >= headerByteCount + count, "the output ends inside a frame")
      transcript.read(rest.extracting(first: headerByteCount + count))
      rest = rest.extracting(droppingFirst: headerByteCount + count)
    }
    transcript.compare(with: answers)
  }

  private func compare(with answers: [UInt32: TTRPCAnswer]) {
    for (stream, answer) in heard {
      if answer.ending == .failure, answer.messages.isEmpty { continue }
      precondition(answers[stream] != nil, "a success that the server did not give")
    }
    for (stream, answer) in answers {
      guard let heard = heard[stream] else { preconditionFailure("a call got no answer") }
      // The framing may have ended the call without an event before the session was over.
      if heard.ending == .failure {
        precondition(answer.messages.starts(with: heard.messages), "other messages than were sent")
      } else {
        precondition(answer.messages == heard.messages, "other messages than were sent")
        precondition(answer.ending == heard.ending, "another ending than was given")
      }
    }
  }

  private mutating func read(_ frame: Span<UInt8>) {
    precondition(frame[8] == 2 || frame[8] == 3, "a frame is neither a response nor data")
    precondition(
      frame[9] == 0 || (frame[8] == 3 && frame[9] == 5 && frame.count == 10),
      "a frame has strange flags")
    let stream = TTRPCTranscript.number(frame, at: 4)
    let answer = TTRPCTranscript.answer(in: frame)
    guard let before = heard[stream] else {
      heard[stream] = answer
      return
    }
    guard before.ending == .open else {
      // A call is answered once, but its id may be refused any number of times.
      precondition(answer.ending == .failure, "something follows the end of a call")
      return
    }
    heard[stream] = TTRPCAnswer(
      messages: before.messages + answer.messages, ending: answer.ending)
  }

  /// The content of one frame.
  private static func answer(in frame: Span<UInt8>) -> TTRPCAnswer {
    var codec = TTRPCClientCodec()
    do {
      _ = try codec.send(service: "s", method: "m", payload: Span())
      // The codec knows only its own calls, but any stream may be refused, so the stream becomes 1.
      var renamed = Array(copying: frame)
      for index in 4..<8 { renamed[index] = index == 7 ? 1 : 0 }
      codec.receive(renamed.span)
      switch try codec.nextEvent() {
      case .response(1): break
      case .data(1):
        return TTRPCAnswer(messages: [Array(copying: codec.currentMessage)], ending: .open)
      case .end(1): return TTRPCAnswer(ending: .end)
      default: preconditionFailure("an answer is cut short")
      }
    } catch {
      preconditionFailure("the client can't read an answer: \(error)")
    }
    let response = codec.currentResponse
    guard response.code != .ok else {
      return TTRPCAnswer(ending: .response(Array(copying: response.payload)))
    }
    precondition(response.message.isText && !response.message.isEmpty, "a failure says nothing")
    return TTRPCAnswer(ending: .failure)
  }

  private static func number(_ bytes: Span<UInt8>, at index: Int) -> UInt32 {
    var number: UInt32 = 0
    for offset in 0..<4 { number = number << 8 | UInt32(bytes[index + offset]) }
    return number
  }
}
