internal import GRPC
internal import RPC
internal import Testing

/// Metadata of any size: too much refuses the call, and the connection goes on while that is
/// bounded.
@Suite struct MetadataTests {
  /// A header block in frames of 16,000 bytes.
  private func send(_ block: [UInt8], on stream: UInt32, of peer: RawPeer) throws {
    var start = 0
    while start < block.count {
      let part = Array(block[start..<min(start + 16_000, block.count)])
      let end = start + part.count == block.count ? HTTP2Frame.endHeaders : 0
      try peer.send(
        start == 0 ? HTTP2Frame.headers : HTTP2Frame.continuation,
        flags: end | (start == 0 ? HTTP2Frame.endStream : 0), stream: stream, part)
      start += part.count
    }
  }

  private func expectRefused(_ peer: RawPeer, _ stream: UInt32) {
    let answer = peer.answer(stream)
    #expect(answer.grpcStatus == .resourceExhausted)
    #expect(answer.field("grpc-message") == "the limit `max-header-bytes` of 8192 is reached")
    #expect(answer.field("grpc-status-details-bin") != nil)
    #expect(peer.goAways.isEmpty)
    #expect(peer.openCalls == 0)
    #expect(peer.heldBytes == 0)
  }

  @Test(arguments: [9_000, 15_000, 60_000, 65_536, 65_537, 70_000, 200_000, 250_000])
  func refusesALargeValue(_ count: Int) throws {
    let peer = try RawPeer()
    let large = [("x", String(repeating: "a", count: count))]
    try send(hpack(RawPeer.unary + large + [("y", "1")]), on: 1, of: peer)
    expectRefused(peer, 1)
    try peer.headers(3)
    try peer.data(3, message([3]))
    #expect(try peer.take()?.payload == [3])
  }

  @Test func refusesALargeName() throws {
    let peer = try RawPeer()
    try send(hpack(RawPeer.unary + [(String(repeating: "a", count: 70_000), "1")]), on: 1, of: peer)
    expectRefused(peer, 1)
  }

  @Test func refusesManyFields() throws {
    let peer = try RawPeer()
    let many = (0..<4_000).map { ("x-\($0)", String(repeating: "v", count: 40)) }
    try send(hpack(RawPeer.unary + many), on: 1, of: peer)
    expectRefused(peer, 1)
  }

  /// What a field too large for the table leaves behind is an empty one; a field before it in the
  /// table is then no more, and one after it is.
  @Test func keepsTheTable() throws {
    let peer = try RawPeer()
    func kept(_ name: String, _ value: String) -> [UInt8] {
      [0x40] + hpack([(name, value)]).dropFirst()
    }
    let large = kept("x", String(repeating: "a", count: 70_000))
    let after = kept("authorization", "Bearer b")
    try send(
      hpack(RawPeer.unary) + kept("authorization", "Bearer a") + large + after, on: 1, of: peer)
    expectRefused(peer, 1)
    let flags = HTTP2Frame.endHeaders
    try peer.send(HTTP2Frame.headers, flags: flags, stream: 3, hpack(RawPeer.unary) + [0xbe])
    try peer.data(3, message([]))
    #expect(try peer.take()?.bearer == "b")
    try? peer.send(HTTP2Frame.headers, flags: flags, stream: 5, hpack(RawPeer.unary) + [0xbf])
    peer.pump()
    #expect(peer.goAways.map(\.secondNumber) == [9])
  }

  @Test func acceptsABlockInManyFrames() throws {
    let peer = try RawPeer()
    let block = hpack(RawPeer.unary + [("authorization", "Bearer b")])
    for index in block.indices {
      try peer.send(
        index == 0 ? HTTP2Frame.headers : HTTP2Frame.continuation,
        flags: index == block.count - 1 ? HTTP2Frame.endHeaders : 0, stream: 1, [block[index]])
    }
    try peer.data(1, message([1]))
    #expect(try peer.take()?.bearer == "b")
  }

  @Test func endsPastTheBound() throws {
    let peer = try RawPeer()
    let large = [("x", String(repeating: "a", count: 300_000))]
    #expect(throws: ProtocolViolation.self) {
      try send(hpack(RawPeer.unary + large), on: 1, of: peer)
    }
    peer.pump()
    #expect(peer.goAways.map(\.secondNumber) == [11])
    #expect(peer.goAways.map(\.text) == ["a header block has more than 262144 bytes"])
  }

  @Test func endsAtABlockThatIsCut() throws {
    let peer = try RawPeer()
    let block = hpack(RawPeer.unary + [("x", String(repeating: "a", count: 70_000))]).dropLast()
    #expect(throws: ProtocolViolation.self) { try send(Array(block), on: 1, of: peer) }
    peer.pump()
    #expect(peer.goAways.map(\.secondNumber) == [9])
  }
}
