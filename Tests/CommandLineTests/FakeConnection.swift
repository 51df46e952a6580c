internal import Messages
internal import Platform
internal import RPC
internal import TTRPC
internal import TestSupport

/// The daemon's end of one connection.
final class FakeConnection {
  private let connection: FileDescriptor
  private var peer = Peer()

  init(_ connection: consuming FileDescriptor) { self.connection = connection }

  /// Waits for the next bytes, or for the end.
  func waitUntilReadable() throws {
    _ = try connection.waitUntilReadable(timeoutMilliseconds: nil)
  }

  /// Reads what the client has sent so far, and gives the calls, the messages of streams and their
  /// ends as texts.
  func takeCalls() throws -> [String] {
    var room = [UInt8](repeating: 0, count: 64 << 10)
    // SAFETY: the pointer doesn't leave the closure.
    let outcome = unsafe try room.withUnsafeMutableBytes { unsafe try connection.read(into: $0) }
    guard case .bytes(let count) = outcome else { return [] }
    return try peer.calls(in: room.span.extracting(first: count))
  }

  /// Sends a successful answer.
  func answer(_ stream: UInt32, _ payload: [UInt8]) throws {
    var message = ByteBuffer()
    message.append(0x12)
    message.append(varint: UInt64(payload.count))
    message.append(payload.span)
    var frame = ByteBuffer()
    frame.append(bigEndian: UInt32(message.count))
    frame.append(bigEndian: stream)
    frame.append(2)
    frame.append(0)
    frame.append(message.bytes)
    try connection.sendAll(frame.bytes)
  }

  /// Sends a failure.
  func fail(_ stream: UInt32, _ status: Status) throws {
    var encoded = ByteBuffer()
    status.encode(into: &encoded)
    var frame = ByteBuffer()
    var envelope = ByteBuffer()
    envelope.append(0x0a)
    envelope.append(varint: UInt64(encoded.count))
    envelope.append(encoded.bytes)
    frame.append(bigEndian: UInt32(envelope.count))
    frame.append(bigEndian: stream)
    frame.append(2)
    frame.append(0)
    frame.append(envelope.bytes)
    try connection.sendAll(frame.bytes)
  }

  /// Sends a message of a stream, or with flags 5 its end.
  func stream(_ stream: UInt32, flags: UInt8 = 0, _ payload: [UInt8] = []) throws {
    var frame = ByteBuffer()
    frame.append(bigEndian: UInt32(payload.count))
    frame.append(bigEndian: stream)
    frame.append(3)
    frame.append(flags)
    frame.append(payload.span)
    try connection.sendAll(frame.bytes)
  }

  /// Whether the client has closed the connection.
  func isHungUp() throws -> Bool {
    var room = [UInt8](repeating: 0, count: 64 << 10)
    // SAFETY: the pointer doesn't leave the closure.
    let outcome = unsafe try room.withUnsafeMutableBytes { unsafe try connection.read(into: $0) }
    if case .endOfFile = outcome { return true }
    return false
  }

  /// Sends bytes as they are.
  func send(_ bytes: [UInt8]) throws { try connection.sendAll(bytes.span) }

  /// Ends the connection.
  func hangUp() throws { try connection.shutDownWriting() }

  /// The framing, and what it finds.
  private struct Peer: ~Copyable {
    private var framing = TTRPCFraming(limits: FramingLimits())

    mutating func calls(in bytes: Span<UInt8>) throws -> [String] {
      var calls: [String] = []
      try framing.receive(bytes)
      while let event = try framing.nextEvent() {
        switch event {
        case .call(let stream): calls.append(call(stream))
        case .readable(let stream): calls += messages(stream)
        case .writable, .cancelled, .answered: calls.append("\(event)")
        }
      }
      return calls
    }

    private mutating func call(_ stream: UInt32) -> String {
      let acceptsStream = framing.currentCall.acceptsStream
      let text = "\(stream) \(describe(framing.currentCall))"
      if acceptsStream { framing.open(stream) }
      return text
    }

    private func describe(_ call: IncomingCall) -> String {
      let shape = call.streamsRequests ? " streams" : call.acceptsStream ? " accepts a stream" : ""
      var bearer = ""
      if case .bearer(let token) = call.authorization { bearer = text(token) }
      return "\(text(call.service))/\(text(call.method)) \(text(call.payload))"
        + " bearer=\(bearer) timeout=\(call.timeoutNanoseconds ?? 0)\(shape)"
    }

    private mutating func messages(_ stream: UInt32) -> [String] {
      var messages: [String] = []
      while true {
        switch framing.takeMessage(from: stream) {
        case .message: messages.append("\(stream) message \(text(framing.currentMessage))")
        case .ended: return messages + ["\(stream) end"]
        case .empty: return messages
        }
      }
    }

    private func text(_ bytes: Span<UInt8>) -> String {
      unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
  }
}
