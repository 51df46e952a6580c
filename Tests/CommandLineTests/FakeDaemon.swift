internal import Glibc
internal import Messages
internal import Platform
internal import PosternClient
internal import RPC
internal import TTRPC

/// The daemon's side of one connection, driven by the test itself: nothing happens in between.
///
/// What it answers before it is asked waits in the socket until the client reads it. While the
/// client runs a closure of the test, the test may drive the daemon as well.
final class FakeDaemon {
  private let listener: UnixListener
  private var connection: FileDescriptor
  private var peer = Peer()
  let client: PosternClient

  init(bearerToken: String? = nil) throws {
    let path = "/tmp/command-line-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).sock"
    let listener = try UnixListener(path: path)
    client = try PosternClient(socketPath: path, bearerToken: bearerToken)
    connection = try Self.accept(listener)
    self.listener = listener
  }

  /// Takes the client's next connection in place of the present one.
  func acceptAnew() throws {
    connection = try Self.accept(listener)
    peer = Peer()
  }

  private static func accept(_ listener: borrowing UnixListener) throws -> FileDescriptor {
    switch try listener.accept() {
    case .connection(let accepted): return accepted
    case .wouldBlock: throw Errno.notConnected
    case .descriptorsExhausted(let error): throw error
    }
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
    var frame = ByteBuffer()
    frame.append(bigEndian: UInt32(payload.count + 2))
    frame.append(bigEndian: stream)
    for byte in [2, 0, 0x12, UInt8(payload.count)] as [UInt8] { frame.append(byte) }
    frame.append(payload.span)
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
        case .writable, .cancelled: calls.append("\(event)")
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
      return "\(text(call.service))/\(text(call.method)) \(text(call.payload))"
        + " bearer=\(text(call.bearer)) timeout=\(call.timeoutNanoseconds ?? 0)\(shape)"
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
