internal import CNghttp2
internal import TestSupport

/// A gRPC client made of frames. It speaks first and opens its windows wide.
// SAFETY: `@safe` because the decoder is made, used and freed here alone.
@safe
final class GRPCPeer {
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  static let settings =
    frame(4, [0, 4] + bigEndian(0x7fff_ffff)) + frame(8, bigEndian(0x7fff_0000))

  let socket: RawSocket
  private(set) var goAways: [UInt32] = []
  /// The error codes of `goAways`.
  private(set) var goAwayCodes: [UInt32] = []
  private(set) var resets: [UInt32: UInt32] = [:]
  private var fields: [UInt32: [String: String]] = [:]
  private var bodies: [UInt32: [UInt8]] = [:]
  private var ended: Set<UInt32> = []
  private var inflater: OpaquePointer?

  /// With a `window`, streams get no more than so many bytes until `openWindow`.
  convenience init(_ daemon: Daemon, greets: Bool = true, window: UInt32? = nil) throws {
    try self.init(path: daemon.socketPath, greets: greets, window: window)
  }

  init(path: String, greets: Bool = true, window: UInt32? = nil) throws {
    socket = try RawSocket(path: path)
    unsafe nghttp2_hd_inflate_new(&inflater)
    guard greets else { return }
    let settings = window.map { Self.frame(4, [0, 4] + bigEndian($0)) }
    let wide = Self.frame(8, bigEndian(0x7fff_0000))
    try socket.send(Self.preface + (settings.map { $0 + wide } ?? Self.settings))
  }

  /// Lets so many further bytes come on a stream.
  func openWindow(of stream: UInt32, by count: UInt32) throws {
    try socket.send(Self.frame(8, stream: stream, bigEndian(count)))
  }

  deinit { unsafe nghttp2_hd_inflate_del(inflater) }

  static func frame(
    _ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []
  ) -> [UInt8] {
    Array(bigEndian(UInt32(payload.count))[1...]) + [type, flags] + bigEndian(stream) + payload
  }

  /// Fields as HPACK's literals without indexing and without Huffman coding.
  static func hpack(_ fields: [(String, String)]) -> [UInt8] {
    fields.flatMap { [0x00] + string($0.0) + string($0.1) }
  }

  private static func string(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    if bytes.count < 127 { return [UInt8(bytes.count)] + bytes }
    return [127] + Encoding.varint(UInt64(bytes.count - 127)) + bytes
  }

  static func headers(of call: WireCall) -> [(String, String)] {
    var fields = [
      (":method", "POST"), (":scheme", "http"), (":path", "/\(call.service)/\(call.method)"),
      (":authority", "localhost"), ("te", "trailers"), ("content-type", "application/grpc"),
    ]
    if let timeout = call.timeout {
      // At most 8 digits.
      let text = timeout < 100_000_000 ? "\(max(0, timeout))n" : "\(timeout / 1000)u"
      fields.append(("grpc-timeout", text))
    }
    if let bearer = call.bearer { fields.append(("authorization", "Bearer \(bearer)")) }
    return fields + call.metadata
  }

  /// The HEADERS frame of a call.
  static func head(_ call: WireCall, stream: UInt32) -> [UInt8] {
    frame(1, flags: 4, stream: stream, hpack(headers(of: call)))
  }

  /// The DATA frames of a call.
  static func body(_ payload: [UInt8], stream: UInt32, size: Int = 16_384) -> [UInt8] {
    let message = [0] + bigEndian(UInt32(payload.count)) + payload
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: message.count, by: size) {
      let end = min(start + size, message.count)
      bytes += frame(
        0, flags: end == message.count ? 1 : 0, stream: stream, Array(message[start..<end]))
    }
    return bytes
  }

  func send(_ call: WireCall, stream: UInt32) throws {
    try socket.send(Self.head(call, stream: stream) + Self.body(call.payload, stream: stream))
  }

  func call(_ call: WireCall, stream: UInt32 = 1) throws -> Outcome {
    try send(call, stream: stream)
    return try receive(stream)
  }

  /// Waits for the end of a stream.
  func receive(_ stream: UInt32) throws -> Outcome {
    while !ended.contains(stream) { try readFrame() }
    if let code = resets[stream], fields[stream]?["grpc-status"] == nil {
      throw FixtureError("stream \(stream) was reset with \(code)")
    }
    guard let fields = fields[stream], let status = fields["grpc-status"] else {
      throw FixtureError("an answer without a status: \(fields[stream] ?? [:])")
    }
    if status == "0" { return Outcome(payload: Array((bodies[stream] ?? []).dropFirst(5))) }
    guard let details = fields["grpc-status-details-bin"] else {
      var outcome = Outcome(payload: [])
      outcome.code = Int32(status) ?? -1
      outcome.message = Self.decodePercents(fields["grpc-message"] ?? "")
      return outcome
    }
    let outcome = try Outcome(status: Self.decodeBase64(details))
    guard
      String(outcome.code) == status,
      outcome.message == Self.decodePercents(fields["grpc-message"] ?? "")
    else { throw FixtureError("two different statuses: \(fields)") }
    return outcome
  }

  /// Waits until an answer has begun on a stream.
  func waitForHeaders(of stream: UInt32) throws {
    while fields[stream] == nil { try readFrame() }
  }

  func hasEnded(_ stream: UInt32) -> Bool { ended.contains(stream) }

  /// The next whole message that has come on a stream.
  func takeMessage(of stream: UInt32) -> [UInt8]? {
    guard let body = bodies[stream], body.count >= 5 else { return nil }
    let count = body[1..<5].reduce(0) { $0 << 8 | Int($1) }
    guard body.count >= 5 + count else { return nil }
    bodies[stream] = Array(body[(5 + count)...])
    return Array(body[5..<5 + count])
  }

  /// Gives a stream up.
  func cancel(_ stream: UInt32) throws {
    try socket.send(Self.frame(3, stream: stream, bigEndian(8)))
  }

  /// Reads until the connection ends.
  func readToEnd() {
    do { while true { try readFrame() } } catch {}
  }

  /// Reads the frames that have come by now, and says how many streams have ended in all.
  func readAtHand() throws -> Int {
    try socket.readAtHand()
    while try isFrameAtHand() { try readFrame() }
    return ended.count
  }

  private func isFrameAtHand() throws -> Bool {
    guard let header = socket.peek(3) else { return false }
    return socket.atHand >= 9 + header.reduce(0) { $0 << 8 | Int($1) }
  }

  /// Reads one frame; throws at the end of the connection.
  func readFrame() throws {
    let header = try socket.take(9)
    let payload = try socket.take(header[0..<3].reduce(0) { $0 << 8 | Int($1) })
    let stream = header[5..<9].reduce(0) { $0 << 8 | UInt32($1) }
    switch header[3] {
    case 0: bodies[stream, default: []] += payload
    case 1: fields[stream, default: [:]].merge(inflate(payload)) { $1 }
    case 3:
      resets[stream] = payload.reduce(0) { $0 << 8 | UInt32($1) }
      ended.insert(stream)
    case 7:
      goAways.append(payload[0..<4].reduce(0) { $0 << 8 | UInt32($1) })
      goAwayCodes.append(payload[4..<8].reduce(0) { $0 << 8 | UInt32($1) })
    default: break
    }
    if header[3] <= 1, header[4] & 1 != 0 { ended.insert(stream) }
  }

  private func inflate(_ block: [UInt8]) -> [String: String] {
    var fields: [String: String] = [:]
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
          fields[unsafe String(decoding: name, as: UTF8.self)] = unsafe String(
            decoding: value, as: UTF8.self)
        }
        if UInt32(flags) & NGHTTP2_HD_INFLATE_FINAL.rawValue != 0 { break }
      }
    }
    unsafe nghttp2_hd_inflate_end_headers(inflater)
    return fields
  }

  private static func decodePercents(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), let value = UInt8(digits, radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func decodeBase64(_ text: String) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var bytes: [UInt8] = []
    var bits = 0
    var count = 0
    for character in text.utf8 {
      guard let value = alphabet.firstIndex(of: character) else { continue }
      bits = (bits << 6 | value) & 0xffff
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    return bytes
  }
}
