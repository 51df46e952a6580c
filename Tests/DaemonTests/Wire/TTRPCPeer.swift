internal import Messages
internal import TestSupport

/// A ttrpc client made of frames.
final class TTRPCPeer {
  let socket: RawSocket

  convenience init(_ daemon: Daemon) throws { self.init(socket: try RawSocket(daemon)) }

  init(socket: RawSocket) { self.socket = socket }

  static func header(
    length: UInt32, stream: UInt32, type: UInt8 = 1, flags: UInt8 = 0
  ) -> [UInt8] {
    bigEndian(length) + bigEndian(stream) + [type, flags]
  }

  static func frame(
    _ body: [UInt8], stream: UInt32, type: UInt8 = 1, flags: UInt8 = 0
  ) -> [UInt8] {
    header(length: UInt32(body.count), stream: stream, type: type, flags: flags) + body
  }

  static func request(_ call: WireCall) -> [UInt8] {
    var body = Encoding.field(1, call.service) + Encoding.field(2, call.method)
    if !call.payload.isEmpty { body += Encoding.field(3, call.payload) }
    if let timeout = call.timeout {
      body += Encoding.field(4, integer: UInt64(bitPattern: timeout))
    }
    if let bearer = call.bearer {
      let pair = Encoding.field(1, "authorization") + Encoding.field(2, "Bearer \(bearer)")
      body += Encoding.field(5, pair)
    }
    for (key, value) in call.metadata {
      body += Encoding.field(5, Encoding.field(1, key) + Encoding.field(2, value))
    }
    return body
  }

  func send(_ call: WireCall, stream: UInt32) throws {
    try socket.send(Self.frame(Self.request(call), stream: stream))
  }

  /// The next answer and its stream.
  func receive() throws -> (stream: UInt32, outcome: Outcome) {
    let header = try socket.take(10)
    let length = header[0..<4].reduce(0) { $0 << 8 | Int($1) }
    let stream = header[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
    guard header[8] == 2, length <= 4 << 20 else {
      throw FixtureError("no response frame, but \(header)")
    }
    return (stream, try Self.outcome(try socket.take(length)))
  }

  private static func outcome(_ response: [UInt8]) throws -> Outcome {
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 64 << 20))
    let response = try TTRPC.Response(decoding: response.span, in: arena)
    if let status = response.status, status.code != 0 { return Outcome(status) }
    return Outcome(payload: [UInt8](response.payload))
  }

  /// What has come on streams and was not asked for yet.
  private var events: [UInt32: [StreamEvent]] = [:]

  func takeEvent(of stream: UInt32) -> StreamEvent? {
    guard let event = events[stream]?.first else { return nil }
    events[stream]?.removeFirst()
    return event
  }

  /// Reads one frame: a message, the end of messages, or an answer.
  func readEvent() throws {
    let header = try socket.take(10)
    let length = header[0..<4].reduce(0) { $0 << 8 | Int($1) }
    let stream = header[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
    let body = try socket.take(length)
    guard header[8] == 3 else {
      events[stream, default: []].append(.ended(try Self.outcome(body)))
      return
    }
    let isEnd = header[9] & 1 != 0
    if header[9] & 4 == 0 { events[stream, default: []].append(.message(body)) }
    if isEnd { events[stream, default: []].append(.ended(Outcome(payload: []))) }
  }

  func call(_ call: WireCall, stream: UInt32 = 1) throws -> Outcome {
    try send(call, stream: stream)
    let answer = try receive()
    guard answer.stream == stream else { throw FixtureError("an answer on another stream") }
    return answer.outcome
  }
}
