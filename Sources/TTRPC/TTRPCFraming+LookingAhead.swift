internal import Messages

extension TTRPCFraming {
  /// Lends the payloads of complete requests behind the current call.
  package func forEachWaitingPayload(limit: Int, _ body: (Span<UInt8>) -> Void) {
    let bytes = input.bytes
    var start = frameByteCount
    for _ in 0..<limit {
      guard let header = FrameHeader(bytes.extracting(start...)) else { return }
      let bodyStart = start + FrameHeader.byteCount
      guard header.length <= bytes.count - bodyStart else { return }
      start = bodyStart + header.length
      guard header.type == FrameHeader.request,
        let payload = Self.payload(in: bytes.extracting(bodyStart..<start))
      else { continue }
      body(payload)
    }
  }

  /// The payload of an envelope whose fields come in the order of their numbers, each with a length
  /// of one byte; nil for any other.
  @_lifetime(copy envelope)
  private static func payload(in envelope: Span<UInt8>) -> Span<UInt8>? {
    var offset = 0
    for field: UInt8 in 1...3 {
      guard offset + 2 <= envelope.count, envelope[offset] == field << 3 | 2 else { return nil }
      let count = Int(envelope[offset + 1])
      guard count < 0x80, offset + 2 + count <= envelope.count else { return nil }
      if field == 3 { return envelope.extracting(offset + 2..<(offset + 2 + count)) }
      offset += 2 + count
    }
    return nil
  }
}
