internal import Messages
internal import RPC
internal import TTRPC

/// Reads what a server of ttrpc wrote as its client does.
enum TTRPCTranscript {
  private static let headerByteCount = 10

  /// Checks that `written` is responses and nothing else, that each call of `answers` got one, and
  /// that a success is the first answer to its call and has its payload.
  static func check(_ written: [UInt8], _ answers: [UInt32: [UInt8]?]) {
    var answered: Set<UInt32> = []
    var rest = written.span
    while !rest.isEmpty {
      precondition(rest.count >= headerByteCount, "the output ends inside a header")
      let count = Int(number(rest, at: 0))
      precondition(count <= 4 << 20, "a frame is larger than the protocol allows")
      precondition(rest.count >= headerByteCount + count, "the output ends inside a frame")
      precondition(rest[8] == 2 && rest[9] == 0, "a frame is no response")
      let stream = number(rest, at: 4)
      let isFirst = answered.insert(stream).inserted
      check(rest.extracting(first: headerByteCount + count), isFirst ? answers[stream] : nil)
      rest = rest.extracting(droppingFirst: headerByteCount + count)
    }
    for stream in answers.keys {
      precondition(answered.contains(stream), "a call got no answer")
    }
  }

  private static func check(_ frame: Span<UInt8>, _ answer: [UInt8]??) {
    var codec = TTRPCClientCodec()
    do {
      _ = try codec.send(service: "s", method: "m", payload: Span())
      // The codec knows its own calls only, and a refusal may be on any stream: the first it is.
      var renamed = Array(copying: frame)
      for index in 4..<8 { renamed[index] = index == 7 ? 1 : 0 }
      codec.receive(renamed.span)
      guard try codec.nextResponse() == 1 else { preconditionFailure("an answer is cut short") }
    } catch {
      preconditionFailure("the client can't read an answer: \(error)")
    }
    let response = codec.currentResponse
    guard response.code == .ok else {
      precondition(response.message.isText && !response.message.isEmpty, "a failure says nothing")
      return
    }
    guard case .some(.some(let payload)) = answer else {
      preconditionFailure("a success that the server did not give, or gave twice")
    }
    precondition(response.payload.isEqual(to: payload.span), "another payload than was given")
  }

  private static func number(_ bytes: Span<UInt8>, at index: Int) -> UInt32 {
    var number: UInt32 = 0
    for offset in 0..<4 { number = number << 8 | UInt32(bytes[index + offset]) }
    return number
  }
}
