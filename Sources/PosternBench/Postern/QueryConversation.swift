internal import Messages

/// One method over ttrpc, about the tokens in random order.
struct QueryConversation: Conversation {
  private let method: Method
  private var ring: RequestRing
  /// The bytes of an answer, header included: what an echo has to send to be comparable.
  private(set) var answerByteCount = 0

  init(_ method: Method, secrets: SecretStore, order: [Int]) throws(BenchFailure) {
    self.method = method
    ring = try RequestRing(order) { frame, item in
      TTRPCFrame.append(
        to: &frame, service: method.service, method: method.name,
        payload: method.payload(secret: secrets[item]))
    }
  }

  var requestByteCount: Int { ring.frameByteCount }

  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure) {
    let range = ring.take(count)
    TTRPCFrame.number(&ring, range, on: link)
    try link.send(ring.bytes.span.extracting(range))
  }

  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard {
    let heard = try TTRPCFrame.hear(bytes) { (payload) throws(BenchFailure) in
      guard payload.saysYes else { throw BenchFailure(method.refusal) }
    }
    if heard.answerCount > 0 { answerByteCount = heard.consumedByteCount / heard.answerCount }
    return heard
  }
}
