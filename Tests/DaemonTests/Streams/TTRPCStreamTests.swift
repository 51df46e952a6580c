internal import Messages
internal import TestSupport
internal import Testing

/// What ttrpc's frames can say of a stream that makes no sense, or too much. None of it costs the
/// connection unless it can't be told from a flood.
@Suite struct TTRPCStreamTests {
  private static let reflection = TTRPCPeer.request(StreamTests.reflection)
  private static let list = HostileStreamTests.list

  /// A frame that opens a conversation.
  private static func opening(_ stream: UInt32, flags: UInt8 = 2, _ payload: [UInt8] = [])
    -> [UInt8]
  {
    var call = StreamTests.reflection
    call.payload = payload
    return TTRPCPeer.frame(TTRPCPeer.request(call), stream: stream, flags: flags)
  }

  private static func data(
    _ stream: UInt32, flags: UInt8 = 0, _ payload: [UInt8] = Self.list
  ) -> [UInt8] {
    TTRPCPeer.frame(payload, stream: stream, type: 3, flags: flags)
  }

  /// The connection goes on: a call and a stream are served.
  private func expectService(_ peer: TTRPCPeer, from stream: UInt32) throws {
    try peer.send(WireCall(), stream: stream)
    #expect(try peer.next(stream).outcome?.code == 0)
    try peer.open(StreamTests.healthWatch, stream: stream + 2)
    #expect(try peer.next(stream + 2) == .message([0x08, 1]))
  }

  /// There is no flow control: a stream that outruns what is taken of it ends, and it alone.
  @Test(arguments: [
    (3, 3000, "max-stream-queue-messages"), (1 << 20, 12, "max-stream-queue-bytes"),
    (4 << 20, 8, "max-stream-queue-bytes"),
  ])
  func endsAStreamThatOverflows(size: Int, count: Int, limit: String) throws {
    let siege = try Siege()
    let peer = try TTRPCPeer(siege.daemon)
    try peer.open(StreamTests.healthWatch, stream: 1)
    try peer.openSending(StreamTests.reflection, stream: 3)
    // The unread answers fill all buffers.
    var bytes: [UInt8] = []
    for _ in 0..<400 { bytes += Self.data(3, HostileStreamTests.file) }
    bytes += Self.opening(5)
    let large = size == 3 ? Self.list : [UInt8](repeating: 0x7f, count: size)
    for _ in 0..<count { bytes += Self.data(5, large) }
    #expect(try peer.socket.pour(bytes, isDeaf: true) == bytes.count)
    #expect(try siege.growthBytes() < 64 << 20)
    let outcome = try peer.all(5).outcome
    #expect(outcome.code == 8)
    #expect(outcome.metadata["limit"] == limit, "\(outcome)")
    #expect(try peer.next(1) == .message([0x08, 1]))
    for _ in 0..<400 { #expect(try peer.next(3).message != nil) }
    try expectService(peer, from: 7)
    try siege.lift("a stream's queue past \(limit), \(size) bytes each", growthMaximum: 64 << 20)
  }

  @Test func answersDataAfterTheEnd() throws {
    let siege = try Siege()
    let peer = try TTRPCPeer(siege.daemon)
    // In one piece, so that the end has not been acted on.
    try peer.socket.send(Self.opening(1) + Self.data(1, flags: 5, []) + Self.data(1))
    let outcome = try #require(try peer.next(1).outcome)
    #expect(outcome.code == 3 && outcome.message.contains("after the end"), "\(outcome)")
    // The last message may say that it is the last.
    try peer.socket.send(Self.opening(3) + Self.data(3, flags: 1))
    #expect(try peer.next(3).message != nil)
    #expect(try peer.next(3) == .ended(Outcome(payload: [])))
    // What comes on streams that have ended is passed over.
    for stream in [1, 3] as [UInt32] {
      for flags in [0, 1, 4, 5, 255] as [UInt8] {
        for _ in 0..<20 { try peer.socket.send(Self.data(stream, flags: flags)) }
      }
    }
    // On a call that sends no messages: the call ends.
    try peer.open(StreamTests.healthWatch, stream: 5)
    #expect(try peer.next(5) == .message([0x08, 1]))
    try peer.socket.send(Self.data(5))
    #expect(try peer.next(5).outcome?.code == 12)
    try expectService(peer, from: 7)
    #expect(peer.takeEvent(of: 1) == nil && peer.takeEvent(of: 3) == nil)
    try siege.lift("data after the end", growthMaximum: 16 << 20)
  }

  /// An empty message is a message, and `noData` is none.
  @Test func tellsEmptyMessagesFromNone() throws {
    let siege = try Siege()
    let peer = try TTRPCPeer(siege.daemon)
    try peer.socket.send(Self.opening(1) + Self.data(1, []))
    #expect(try peer.next(1).outcome?.field == "message_request")
    try peer.socket.send(Self.opening(3) + Self.data(3, flags: 4, []) + Self.data(3))
    #expect(try peer.next(3).message != nil)
    try peer.socket.send(Self.data(3, flags: 1, []))
    #expect(try peer.next(3).outcome?.field == "message_request")
    try expectService(peer, from: 5)
  }

  @Test func takesAMessageWithTheRequest() throws {
    let siege = try Siege()
    let peer = try TTRPCPeer(siege.daemon)
    try peer.socket.send(Self.opening(1, Self.list) + Self.data(1))
    let first = try #require(try peer.next(1).message)
    #expect(try peer.next(1) == .message(first))
    // Both flags contradict each other.
    try peer.socket.send(Self.opening(3, flags: 3, Self.list) + Self.data(3))
    #expect(try peer.next(3).outcome?.code == 3)
    for (stream, flags) in [(5, 4), (7, 6), (9, 255)] as [(UInt32, UInt8)] {
      try peer.socket.send(Self.opening(stream, flags: flags) + Self.data(stream))
      #expect(try peer.next(stream).outcome?.code == 3)
    }
    try peer.socket.send(Self.data(1, flags: 5, []))
    #expect(try peer.next(1) == .ended(Outcome(payload: [])))
    try expectService(peer, from: 11)
  }

  /// Lengths and ids at their bounds, while streams are open.
  @Test func boundsFramesOfStreams() throws {
    let siege = try Siege()
    let peer = try TTRPCPeer(siege.daemon)
    try peer.openSending(StreamTests.reflection, stream: 1)
    try peer.openSending(StreamTests.reflection, stream: 3)
    try peer.openSending(StreamTests.reflection, stream: 5)
    let most = [UInt8](repeating: 0x7f, count: 4 << 20)
    try peer.sendMessage(most, on: 1)
    #expect(try peer.next(1).outcome?.code == 3, "read, and no message")
    try peer.sendMessage(most + [0], on: 3)
    let refusal = try #require(try peer.next(3).outcome)
    #expect(refusal.code == 8 && refusal.metadata["limit"] == "max-message-bytes")
    // Unknown streams, and frames of unknown types.
    try peer.socket.send(Self.opening(2) + Self.opening(0))
    #expect(try peer.next(2).outcome?.code == 3)
    #expect(try peer.next(0).outcome?.code == 3)
    for type in [0, 2, 9, 255] as [UInt8] {
      try peer.socket.send(TTRPCPeer.frame(Self.list, stream: 5, type: type))
    }
    try peer.socket.send(Self.data(99) + Self.data(0) + Self.data(.max))
    try peer.sendMessage(Self.list, on: 5)
    #expect(try peer.next(5).message != nil)
    // An id again, while its stream is open: the stream ends.
    try peer.socket.send(Self.opening(5))
    #expect(try peer.next(5).outcome?.code == 3)
    try expectService(peer, from: 7)
    try peer.openSending(StreamTests.reflection, stream: 11)
    try peer.socket.send(TTRPCPeer.header(length: 0xffff_ffff, stream: 11, type: 3))
    #expect(throws: FixtureError.self) { while true { try peer.readEvent() } }
    try siege.lift("frames of streams out of bounds", growthMaximum: 32 << 20)
  }

  /// A peer that can't know yet that a stream has ended may send it some messages, but not many.
  @Test func endsAFloodOfLateMessages() throws {
    let siege = try Siege()
    let peer = try TTRPCPeer(siege.daemon)
    try peer.socket.send(Self.opening(1) + Self.data(1, [0xff]))
    #expect(try peer.next(1).outcome?.code == 3)
    let late = [[UInt8]](repeating: Self.data(1), count: 9000).flatMap { $0 }
    try peer.socket.send(late)
    try expectService(peer, from: 3)
    let flood = [[UInt8]](repeating: Self.data(1), count: 40_000).flatMap { $0 }
    #expect(try peer.socket.pour(flood) < flood.count)
    try siege.lift("messages on a stream that has ended, ttrpc", growthMaximum: 16 << 20)
  }

  /// Opened and ended as fast as can be, which is all that ttrpc knows of cancelling.
  @Test func outlivesStreamsThatEndAtOnce() throws {
    let siege = try Siege()
    let peer = try TTRPCPeer(siege.daemon)
    var stream: UInt32 = 1
    for wave in 0..<4 {
      var bytes: [UInt8] = []
      for _ in 0..<5000 {
        bytes += Self.opening(stream)
        // Ended, broken, or named again.
        switch wave {
        case 0: bytes += Self.data(stream, flags: 5, [])
        case 1: bytes += Self.data(stream, [0xff])
        case 2: bytes += Self.data(stream) + Self.opening(stream)
        default: bytes += Self.data(stream, flags: 5, []) + Self.data(stream)
        }
        stream += 2
      }
      _ = try peer.socket.pour(bytes)
      try siege.serveBystander()
    }
    try expectService(peer, from: stream)
    try siege.lift("20,000 streams that end at once, ttrpc", growthMaximum: 32 << 20)
  }
}
