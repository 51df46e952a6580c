internal import Messages

/// `IssueToken` over ttrpc: each answer is durable, and its secret is kept for the loads to come.
struct IssueConversation: Conversation {
  private(set) var secrets = SecretStore()
  private var ring: RequestRing

  init() throws(BenchFailure) {
    var payload: [UInt8] = []
    payload.appendField(1, Method.organization)
    payload.appendField(2, Method.user)
    ring = try RequestRing(Array(0..<256)) { frame, _ in
      TTRPCFrame.append(
        to: &frame, service: Method.validateToken.service, method: "IssueToken", payload: payload)
    }
  }

  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure) {
    let range = ring.take(count)
    TTRPCFrame.number(&ring, range, on: link)
    try link.send(ring.bytes.span.extracting(range))
  }

  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard {
    try TTRPCFrame.hear(bytes) { (payload) throws(BenchFailure) in
      var reader = WireReader(payload)
      guard let field = try? reader.next(), field.number == 1 else {
        throw BenchFailure("IssueToken answers without a secret")
      }
      try secrets.append(field.bytes)
    }
  }
}
