internal import Messages

/// `RevokeToken` over ttrpc, each token once.
struct RevokeConversation: Conversation {
  private var ring: RequestRing

  /// Revokes the tokens of a range; with `isForFleet` each answer waits for the whole fleet.
  init(_ secrets: SecretStore, _ range: Range<Int>, isForFleet: Bool) throws(BenchFailure) {
    ring = try RequestRing(Array(range)) { frame, item in
      var payload: [UInt8] = []
      payload.appendField(1, secrets[item])
      // `wait`, whose number needs two bytes, is `WAIT_FLEET`.
      if isForFleet { payload += [0x88, 0x01, 2] }
      TTRPCFrame.append(
        to: &frame, service: Method.validateToken.service, method: "RevokeToken", payload: payload)
    }
  }

  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure) {
    let range = ring.take(count)
    TTRPCFrame.number(&ring, range, on: link)
    try link.send(ring.bytes.span.extracting(range))
  }

  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard {
    try TTRPCFrame.hear(bytes) { (_) throws(BenchFailure) in }
  }
}
