internal import Messages

/// What comes next on a stream.
enum StreamEvent: Equatable {
  case message([UInt8])
  /// The end, well or not.
  case ended(Outcome)

  /// The message; nil at the end.
  var message: [UInt8]? {
    if case .message(let message) = self { return message }
    return nil
  }

  /// How the stream ended; nil while it goes on.
  var outcome: Outcome? {
    if case .ended(let outcome) = self { return outcome }
    return nil
  }
}

/// A client of either protocol that opens streams, so that one test goes over both.
protocol StreamPeer: AnyObject {
  var socket: RawSocket { get }
  /// Opens a call that is answered with a stream.
  func open(_ call: WireCall, stream: UInt32) throws
  /// Opens a call that sends a stream of messages.
  func openSending(_ call: WireCall, stream: UInt32) throws
  func sendMessage(_ payload: [UInt8], on stream: UInt32) throws
  func endMessages(on stream: UInt32) throws
  /// Waits for what comes next on a stream; what comes on others meanwhile is kept.
  func next(_ stream: UInt32) throws -> StreamEvent
}

extension StreamPeer {
  /// Everything until the end of a stream.
  func all(_ stream: UInt32) throws -> (messages: [[UInt8]], outcome: Outcome) {
    var messages: [[UInt8]] = []
    while true {
      switch try next(stream) {
      case .message(let message): messages.append(message)
      case .ended(let outcome): return (messages, outcome)
      }
    }
  }
}

extension GRPCPeer: StreamPeer {
  func open(_ call: WireCall, stream: UInt32) throws { try send(call, stream: stream) }

  func openSending(_ call: WireCall, stream: UInt32) throws {
    try socket.send(Self.head(call, stream: stream))
  }

  func sendMessage(_ payload: [UInt8], on stream: UInt32) throws {
    let message = [0] + bigEndian(UInt32(payload.count)) + payload
    for start in Swift.stride(from: 0, to: message.count, by: 16_384) {
      let part = Array(message[start..<min(start + 16_384, message.count)])
      try socket.send(Self.frame(0, stream: stream, part))
    }
  }

  func endMessages(on stream: UInt32) throws {
    try socket.send(Self.frame(0, flags: 1, stream: stream))
  }

  func next(_ stream: UInt32) throws -> StreamEvent {
    while true {
      if let message = takeMessage(of: stream) { return .message(message) }
      if hasEnded(stream) { return .ended(try receive(stream)) }
      try readFrame()
    }
  }
}

extension TTRPCPeer: StreamPeer {
  func open(_ call: WireCall, stream: UInt32) throws {
    try socket.send(Self.frame(Self.request(call), stream: stream, flags: 1))
  }

  func openSending(_ call: WireCall, stream: UInt32) throws {
    try socket.send(Self.frame(Self.request(call), stream: stream, flags: 2))
  }

  func sendMessage(_ payload: [UInt8], on stream: UInt32) throws {
    try socket.send(Self.frame(payload, stream: stream, type: 3))
  }

  func endMessages(on stream: UInt32) throws {
    try socket.send(Self.frame([], stream: stream, type: 3, flags: 5))
  }

  func next(_ stream: UInt32) throws -> StreamEvent {
    while true {
      if let event = takeEvent(of: stream) { return event }
      try readEvent()
    }
  }
}
