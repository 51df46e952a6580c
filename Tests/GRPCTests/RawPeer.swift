internal import CNghttp2
internal import GRPC
internal import Messages
internal import RPC
internal import Testing

/// A client made of hand-made frames, and the framing that it talks to.
// SAFETY: `@safe` because the decoder is made, used and freed here alone.
@safe
final class RawPeer {
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  static let unary: [(String, String)] = [
    (":method", "POST"), (":scheme", "http"), (":path", "/pkg.Service/Method"),
    (":authority", "localhost"), ("te", "trailers"), ("content-type", "application/grpc"),
  ]

  /// The methods with a stream in them, besides the unary one.
  static let methods = MethodTable([
    MethodDescriptor(service: "pkg.Service", name: "Method", kind: .query),
    MethodDescriptor(
      service: "pkg.Service", name: "Upload", kind: .stream(.requests, isCommand: false)),
    MethodDescriptor(
      service: "pkg.Service", name: "Watch", kind: .stream(.responses, isCommand: false)),
    MethodDescriptor(service: "pkg.Service", name: "Talk", kind: .stream(.both, isCommand: false)),
  ])

  /// The fields of a call of another method.
  static func call(_ method: String) -> [(String, String)] {
    unary.map { $0.0 == ":path" ? ($0.0, "/pkg.Service/" + method) : $0 }
  }

  /// What came back on one stream.
  struct Answer {
    var blocks: [[(String, String)]] = []
    var data: [UInt8] = []
    var dataFrames = 0
    var isEnded = false
    var resetCode: UInt32?

    func field(_ name: String) -> String? {
      blocks.joined().last { $0.0 == name }?.1
    }

    var grpcStatus: StatusCode? {
      field("grpc-status").flatMap { UInt32($0) }.flatMap(StatusCode.init(rawValue:))
    }
  }

  var framing: GRPCFraming
  var answers: [UInt32: Answer] = [:]
  var frames: [HTTP2Frame] = []
  private var inflater: OpaquePointer?
  private var received: [UInt8] = []

  init(limits: FramingLimits = FramingLimits(), greets: Bool = true) throws {
    framing = GRPCFraming(limits: limits, methods: Self.methods)
    unsafe nghttp2_hd_inflate_new(&inflater)
    if greets { try send(Self.preface + HTTP2Frame(type: HTTP2Frame.settings).encoded) }
  }

  deinit { unsafe nghttp2_hd_inflate_del(inflater) }

  /// Whether what is sent is cut into single bytes.
  var sendsByteByByte = false

  func send(_ bytes: [UInt8]) throws {
    guard sendsByteByByte else { return try framing.receive(bytes.span) }
    for byte in bytes { try framing.receive([byte].span) }
  }

  /// Acknowledges the server's settings, which come in two frames.
  func acknowledge() throws {
    for _ in 0..<2 { try send(HTTP2Frame.settings, flags: 1) }
  }

  func send(
    _ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []
  ) throws {
    try send(HTTP2Frame(type: type, flags: flags, stream: stream, payload: payload).encoded)
  }

  func headers(_ stream: UInt32, _ fields: [(String, String)] = unary, end: Bool = false) throws {
    let flags = HTTP2Frame.endHeaders | (end ? HTTP2Frame.endStream : 0)
    try send(HTTP2Frame.headers, flags: flags, stream: stream, hpack(fields))
  }

  func data(_ stream: UInt32, _ bytes: [UInt8], end: Bool = true) throws {
    try send(HTTP2Frame.data, flags: end ? HTTP2Frame.endStream : 0, stream: stream, bytes)
  }

  var isFinished: Bool { framing.isFinished }
  var openCalls: Int { framing.openCalls }
  var heldBytes: Int { framing.heldBytes }
  var unsentBytes: Int { framing.unsentBytes }
  var holdsAnswers: Bool { framing.holdsAnswers }

  /// Takes the next event, which must be a call.
  func take() throws -> TakenCall? {
    guard case .call(let stream) = try framing.nextEvent() else { return nil }
    return TakenCall(stream: stream, in: framing)
  }

  /// Takes all events.
  func events() throws -> [FramingEvent] {
    var events: [FramingEvent] = []
    while let event = try framing.nextEvent() { events.append(event) }
    return events
  }

  /// Begins a call of a method with a stream, and opens it.
  func begin(_ stream: UInt32, _ method: String) throws {
    try headers(stream, Self.call(method))
    if method == "Watch" { try data(stream, message([])) }
    let taken = try #require(try take())
    #expect(taken.stream == stream)
    framing.open(stream)
  }

  /// Takes the messages that are there, as far as `limit`, and what follows the last of them.
  func messages(_ stream: UInt32, limit: Int = .max) -> ([[UInt8]], StreamInput) {
    var messages: [[UInt8]] = []
    while messages.count < limit {
      let input = framing.takeMessage(from: stream)
      guard input == .message else { return (messages, input) }
      messages.append(bytes(framing.currentMessage))
    }
    return (messages, .message)
  }

  func takeMessage(_ stream: UInt32) -> StreamInput { framing.takeMessage(from: stream) }

  func hasRoom(_ stream: UInt32) -> Bool { framing.hasRoom(on: stream) }

  func sendMessage(_ stream: UInt32, _ payload: [UInt8]) {
    framing.send(on: stream, payload: payload.span)
  }

  func cancel(_ stream: UInt32) throws {
    try send(HTTP2Frame.reset, stream: stream, bigEndian(8))
  }

  /// Lets as much time pass as an answer is held.
  func passTime() {
    for _ in 0..<2 { framing.giveHeldAnswers() }
  }

  /// Opens the windows of streams to come, or of those that there are, and the connection's.
  func widen(_ count: UInt32 = 1 << 24) throws {
    try send(HTTP2Frame.settings, [0, 4] + bigEndian(count))
    try send(HTTP2Frame.windowUpdate, bigEndian(count))
  }

  func respond(_ stream: UInt32, _ payload: [UInt8]) {
    framing.respond(to: stream, payload: payload.span)
  }

  /// Reads what the framing has to say.
  func pump(limit: Int = .max) {
    framing.flush(limit: limit)
    for index in 0..<framing.output.count { received.append(framing.output.bytes[index]) }
    framing.output.consume(framing.output.count)
    var start = 0
    while received.count - start >= 9 {
      let length = received[start..<start + 3].reduce(0) { $0 << 8 | Int($1) }
      guard received.count - start >= 9 + length else { break }
      see(
        HTTP2Frame(
          type: received[start + 3], flags: received[start + 4],
          stream: received[start + 5..<start + 9].reduce(0) { $0 << 8 | UInt32($1) },
          payload: Array(received[start + 9..<start + 9 + length])))
      start += 9 + length
    }
    received.removeFirst(start)
  }

  /// What came back on `stream`, after reading everything.
  func answer(_ stream: UInt32) -> Answer {
    pump()
    return answers[stream] ?? Answer()
  }

  private func see(_ frame: HTTP2Frame) {
    frames.append(frame)
    guard frame.stream != 0 else { return }
    var answer = answers[frame.stream] ?? Answer()
    switch frame.type {
    case HTTP2Frame.data:
      answer.data += frame.payload
      answer.dataFrames += 1
    case HTTP2Frame.headers: answer.blocks.append(inflate(frame.payload))
    case HTTP2Frame.reset: answer.resetCode = frame.firstNumber
    default: break
    }
    if frame.type <= HTTP2Frame.headers, frame.flags & HTTP2Frame.endStream != 0 {
      answer.isEnded = true
    }
    answers[frame.stream] = answer
  }

  private func inflate(_ block: [UInt8]) -> [(String, String)] {
    var fields: [(String, String)] = []
    unsafe block.withUnsafeBufferPointer { block in
      var offset = 0
      while true {
        var field = unsafe nghttp2_nv()
        var flags: CInt = 0
        let count = unsafe nghttp2_hd_inflate_hd2(
          inflater, &field, &flags, block.baseAddress.map { unsafe $0 + offset },
          block.count - offset, 1)
        precondition(count >= 0, "a header block that can't be decoded")
        offset += count
        if UInt32(flags) & NGHTTP2_HD_INFLATE_EMIT.rawValue != 0 {
          let name = unsafe UnsafeBufferPointer(start: field.name, count: field.namelen)
          let value = unsafe UnsafeBufferPointer(start: field.value, count: field.valuelen)
          unsafe fields.append(
            (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        if UInt32(flags) & NGHTTP2_HD_INFLATE_FINAL.rawValue != 0 { break }
      }
    }
    unsafe nghttp2_hd_inflate_end_headers(inflater)
    return fields
  }
}

/// A call, copied out of the framing.
struct TakenCall {
  let stream: UInt32
  let service: String
  let method: String
  let payload: [UInt8]
  /// The token; nil for no credential.
  let bearer: String?
  let problem: Refusal?
  let timeoutNanoseconds: Int64?
  let streamsRequests: Bool

  init(stream: UInt32, in framing: borrowing GRPCFraming) {
    self.stream = stream
    let call = framing.currentCall
    service = String(decoding: bytes(call.service), as: UTF8.self)
    method = String(decoding: bytes(call.method), as: UTF8.self)
    payload = bytes(call.payload)
    (bearer, problem) =
      switch call.authorization {
      case .absent: (nil, nil)
      case .bearer(let token): (String(decoding: bytes(token), as: UTF8.self), nil)
      case .malformed(let problem): (nil, problem)
      }
    timeoutNanoseconds = call.timeoutNanoseconds
    streamsRequests = call.streamsRequests
  }
}

func bytes(_ span: Span<UInt8>) -> [UInt8] {
  var bytes: [UInt8] = []
  for index in span.indices { bytes.append(span[index]) }
  return bytes
}
