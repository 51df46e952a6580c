internal import Messages
internal import RPC
internal import TTRPC

/// Calls with a stream in one direction, in single steps, so that the caller's closures run while
/// the session isn't in use.
extension Session {
  /// How many bytes of a stream may be queued before its next message is asked for.
  private static let queuedBytes = 64 << 10

  /// Waits for the next message of a stream from the daemon; false at its end.
  mutating func nextMessage(
    of stream: UInt32, deadlineNanoseconds: Int64?
  ) throws(ClientError) -> Bool {
    while true {
      switch try nextEvent(deadlineNanoseconds: deadlineNanoseconds) {
      case .data(stream): return true
      case .end(stream):
        openStream = 0
        return false
      case .response(stream):
        openStream = 0
        try answer { _ in }
        throw end("the daemon answered a stream with a message")
      // Events of earlier calls that were given up are skipped.
      case .response, .data, .end: continue
      }
    }
  }

  /// The message that the last `nextMessage` found.
  mutating func message<Result: ~Copyable>(
    _ read: (Span<UInt8>) throws(DecodingError) -> Result
  ) throws(ClientError) -> Result {
    do {
      return try read(codec.currentMessage)
    } catch {
      throw end("the daemon's message can't be read: \(error.problem)")
    }
  }

  /// Sends until there is room for another message. Returns false when the call is already
  /// answered; the answer is then the current one.
  mutating func makeRoom(
    on stream: UInt32, deadlineNanoseconds: Int64?
  ) throws(ClientError) -> Bool {
    try flush()
    try read(waiting: false)
    while true {
      if try isAnswered(stream, try eventFound()) { return false }
      guard codec.output.count >= Session.queuedBytes else { return true }
      try readMore(deadlineNanoseconds: deadlineNanoseconds)
      try flush()
    }
  }

  /// Queues a message of a stream.
  mutating func send(on stream: UInt32, _ payload: Span<UInt8>) throws(ClientError) {
    do {
      try codec.send(on: stream, payload: payload)
    } catch {
      throw ClientError(error)
    }
  }

  /// Ends the client's stream and waits until its answer is the current one.
  mutating func finish(_ stream: UInt32, deadlineNanoseconds: Int64?) throws(ClientError) {
    codec.closeSend(on: stream)
    while try !isAnswered(stream, try nextEvent(deadlineNanoseconds: deadlineNanoseconds)) {}
  }

  private mutating func isAnswered(
    _ stream: UInt32, _ event: TTRPCClientEvent?
  ) throws(ClientError) -> Bool {
    switch event {
    case .response(stream):
      openStream = 0
      return true
    case .data(stream), .end(stream): throw end("the daemon answered a call with a stream")
    case nil, .response, .data, .end: return false
    }
  }
}
