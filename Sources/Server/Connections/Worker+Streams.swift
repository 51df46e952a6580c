internal import EventLoop
internal import Ledger
internal import Messages
internal import RPC
internal import Services

// What connections ask of their worker for calls that take several steps.
extension Worker {
  /// Takes a step of a streaming call; its message is in `answer`.
  func takeStep(of open: OpenStream) throws(Status) -> StreamStep {
    try answerer.takeStep(of: open, at: clock.read(), nowNanoseconds: loop.now)
  }

  /// Sends the message of the last step.
  func send<Wire: Framing & ~Copyable>(on stream: UInt32, _ framing: inout Wire) {
    Self.send(answerer.answer, on: stream, &framing)
  }

  private static func send<Wire: Framing & ~Copyable>(
    _ answer: borrowing ByteBuffer, on stream: UInt32, _ framing: inout Wire
  ) {
    framing.send(on: stream, payload: answer.bytes)
  }

  /// Answers a call with the message of the last step.
  func respond<Wire: Framing & ~Copyable>(to stream: UInt32, _ framing: inout Wire) {
    Self.respond(answerer.answer, to: stream, &framing)
  }

  private static func respond<Wire: Framing & ~Copyable>(
    _ answer: borrowing ByteBuffer, to stream: UInt32, _ framing: inout Wire
  ) {
    framing.respond(to: stream, payload: answer.bytes)
  }

  /// Gives the writer the request that the last step made, or says why not.
  func submitStep(of method: Method, by caller: CommandCaller) -> Status? {
    let payload = WipedBytes(copying: answerer.answer)
    return submit(method, payload: payload.span, by: caller)
  }

  /// Refuses a call for what it gives as credential, and counts that.
  func deny(_ method: Method, from peer: Peer, because refusal: Refusal) -> Status {
    answerer.deny(
      method, Call(peer: peer, credential: .malformed(refusal)), because: refusal,
      at: clock.read())
  }

  /// Whether the last step saw what is newest now.
  var isAtNewestRevision: Bool { answerer.isNewest }
}
