internal import CNghttp2
internal import Messages

/// One method over gRPC, with the tokens in random order.
struct GRPCConversation: Conversation {
  private let bodies: RequestBodies
  private let fields: HeaderFields
  private var sessions: [GRPCSession] = []
  private var output: [UInt8] = []

  init(_ method: Method, secrets: SecretStore, order: [Int]) throws(BenchFailure) {
    bodies = try RequestBodies(method, secrets: secrets, order: order)
    fields = HeaderFields(method: method)
  }

  mutating func open(_ link: Link) throws(BenchFailure) {
    if link.index == 0 { sessions = [] }
    sessions.append(GRPCSession(bodies: bodies, fields: fields))
  }

  /// Other frames that the session has to send, such as window updates, go with the requests.
  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure) {
    try sessions[link.index].ask(count)
    try flush(link)
  }

  /// A session holds requests back while as many streams are open as the server allows.
  mutating func flush(_ link: Link) throws(BenchFailure) {
    output.removeAll(keepingCapacity: true)
    try sessions[link.index].drain(into: &output)
    if !output.isEmpty { try link.send(output.span) }
  }

  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard {
    Heard(
      consumedByteCount: bytes.count, answerCount: try sessions[link.index].hear(bytes))
  }
}

/// The bodies of a load's requests, shared by its sessions: each a length-prefixed gRPC message.
final class RequestBodies {
  var ring: RequestRing
  let method: Method

  init(_ method: Method, secrets: SecretStore, order: [Int]) throws(BenchFailure) {
    self.method = method
    ring = try RequestRing(order) { frame, item in
      let payload = method.payload(secret: secrets[item])
      frame.append(0)
      frame.appendBigEndian(UInt32(payload.count))
      frame += payload
    }
  }
}

/// The header fields of every request of a load, where libnghttp2 may read them at any time.
// SAFETY: `@safe` because both buffers are made in `init`, not written afterwards, and freed in
// `deinit`; only a submit reads them, and it copies what it needs into its own tables.
@safe
final class HeaderFields {
  let fields: UnsafeMutableBufferPointer<nghttp2_nv>
  private let text: UnsafeMutableBufferPointer<UInt8>

  init(method: Method) {
    let pairs = [
      (":method", "POST"), (":scheme", "http"), (":path", "/\(method.service)/\(method.name)"),
      (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers"),
    ]
    let all = Array(pairs.map { $0.0 + $0.1 }.joined().utf8)
    unsafe text = .allocate(capacity: all.count)
    _ = unsafe text.initialize(from: all)
    unsafe fields = .allocate(capacity: pairs.count)
    guard var position = unsafe text.baseAddress else { preconditionFailure("fields have text") }
    for (index, pair) in pairs.enumerated() {
      let value = unsafe position + pair.0.utf8.count
      unsafe fields.initializeElement(
        at: index,
        to: nghttp2_nv(
          name: position, value: value, namelen: pair.0.utf8.count, valuelen: pair.1.utf8.count,
          flags: 0))
      unsafe position = value + pair.1.utf8.count
    }
  }

  deinit {
    unsafe fields.deallocate()
    unsafe text.deallocate()
  }
}
