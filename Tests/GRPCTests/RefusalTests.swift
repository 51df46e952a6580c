internal import GRPC
internal import RPC
internal import Testing

/// A request that is refused while its peer is still sending.
@Suite struct RefusalTests {
  private static let frameByteCount = 16_000
  private static let surplusBytes = 64 << 10
  private static let json = fields("content-type", "application/json")

  /// The usual fields with another value in one of them.
  private static func fields(_ name: String, _ value: String) -> [(String, String)] {
    RawPeer.unary.map { $0.0 == name ? (name, value) : $0 }
  }

  private func makePeer(messageBytes: Int = FramingLimits().messageBytes) throws -> RawPeer {
    var limits = FramingLimits()
    limits.messageBytes = messageBytes
    let peer = try RawPeer(limits: limits)
    try peer.send(HTTP2Frame.settings, flags: 1)
    return peer
  }

  /// Sends a body in frames, until its end or a reset, and returns how many bytes that was.
  private func upload(
    _ count: Int, to stream: UInt32, of peer: RawPeer, end: Bool = true
  ) throws -> Int {
    var sent = 0
    while sent < count, peer.answer(stream).resetCode == nil {
      let size = min(Self.frameByteCount, count - sent)
      sent += size
      try peer.data(stream, [UInt8](repeating: 9, count: size), end: end && sent == count)
    }
    return sent
  }

  /// How far a window was opened again.
  private func credit(_ stream: UInt32, of peer: RawPeer) -> Int {
    peer.frames.filter { $0.type == HTTP2Frame.windowUpdate && $0.stream == stream }
      .reduce(0) { $0 + Int($1.firstNumber) }
  }

  private func expectGoesOn(_ peer: RawPeer, with stream: UInt32) throws {
    try peer.headers(stream)
    try peer.data(stream, message([7]))
    #expect(try peer.take()?.payload == [7])
    peer.respond(stream, [8])
    #expect(peer.answer(stream).grpcStatus == .ok)
  }

  @Test(
    arguments: [
      (json, "415", nil), (fields(":method", "PUT"), "405", nil),
      (fields(":path", "/none"), "200", .unimplemented),
      (RawPeer.unary + [("grpc-timeout", "123456789S")], "200", .invalidArgument),
      // The body begins with a flag that is neither 0 nor 1.
      (RawPeer.unary, "200", .internalError),
    ] as [([(String, String)], String, StatusCode?)])
  func answersAtTheEnd(
    _ fields: [(String, String)], _ status: String, _ code: StatusCode?
  ) throws {
    let peer = try makePeer()
    try peer.headers(1, fields)
    let count = 300 << 10
    #expect(try upload(count, to: 1, of: peer, end: false) == count)
    #expect(peer.answer(1).blocks.isEmpty, "it would be lost")
    #expect(peer.openCalls == 1)
    #expect(credit(1, of: peer) > count - 256 << 10)
    #expect(credit(0, of: peer) > 0)
    try peer.data(1, [])
    let answer = peer.answer(1)
    #expect(answer.field(":status") == status)
    #expect(answer.grpcStatus == code)
    #expect(answer.isEnded)
    #expect(answer.blocks.count == 1)
    #expect(answer.resetCode == nil)
    #expect(peer.openCalls == 0)
    #expect(try peer.take() == nil)
    try expectGoesOn(peer, with: 3)
  }

  @Test func answersAtTrailers() throws {
    let peer = try makePeer()
    try peer.headers(1, Self.json)
    try peer.data(1, [1], end: false)
    try peer.headers(1, [("x-test", "1")], end: true)
    #expect(peer.answer(1).field(":status") == "415")
    #expect(peer.answer(1).resetCode == nil)
  }

  @Test func readsTheRestOfALargeMessage() throws {
    let peer = try makePeer(messageBytes: 1 << 20)
    try peer.headers(1)
    try peer.data(1, message([], length: 1 << 20 + 1), end: false)
    #expect(try upload(1 << 20 + 1, to: 1, of: peer) == 1 << 20 + 1)
    #expect(peer.answer(1).grpcStatus == .resourceExhausted)
    #expect(peer.answer(1).resetCode == nil)
  }

  @Test func answersAndResetsPastTheBound() throws {
    let peer = try makePeer(messageBytes: 100_000)
    try peer.headers(1, Self.json)
    let sent = try upload(1 << 20, to: 1, of: peer)
    let bound = 100_000 + Self.surplusBytes
    #expect(sent > bound && sent <= bound + Self.frameByteCount)
    let types = peer.frames.filter { $0.stream == 1 }.map(\.type)
    #expect(types.suffix(3) == [HTTP2Frame.headers, HTTP2Frame.data, HTTP2Frame.reset])
    #expect(peer.answer(1).field(":status") == "415")
    #expect(peer.answer(1).resetCode == 0)
    #expect(peer.openCalls == 0)
    // Sent before the reset was seen.
    try peer.data(1, [1, 2, 3])
    try expectGoesOn(peer, with: 3)
  }

  @Test func answersOnceWhenTheBoundIsPassedUnread() throws {
    let peer = try makePeer(messageBytes: 0)
    try peer.headers(1, Self.json)
    for index in 0..<8 {
      try peer.data(1, [UInt8](repeating: 9, count: Self.frameByteCount), end: index == 7)
    }
    #expect(peer.answer(1).blocks.count == 1)
    #expect(peer.answer(1).isEnded)
    #expect(peer.answer(1).resetCode == nil, "it has ended after all")
  }

  @Test func countsPaddingTowardTheBound() throws {
    let peer = try makePeer(messageBytes: 0)
    try peer.headers(1, Self.json)
    let padding = [255] + [UInt8](repeating: 0, count: 255)
    var frames = 0
    while frames < 1000, peer.answer(1).resetCode == nil {
      try peer.send(HTTP2Frame.data, flags: 8, stream: 1, padding)
      frames += 1
    }
    #expect(frames == Self.surplusBytes / padding.count + 1)
  }

  @Test func boundsWhatAConnectionDrops() throws {
    let peer = try makePeer()
    let large = FramingLimits().messageBytes
    for stream: UInt32 in [1, 3, 5, 7] {
      try peer.headers(stream, Self.json)
      #expect(try upload(large, to: stream, of: peer, end: false) == large)
    }
    try peer.headers(9, Self.json)
    #expect(try upload(large, to: 9, of: peer) < large)
    #expect(peer.answer(9).field(":status") == "415")
    #expect(peer.answer(9).resetCode == 0)
    #expect(peer.answer(7).resetCode == nil)
    // A finished call counts no longer.
    try peer.data(1, [])
    #expect(peer.answer(1).field(":status") == "415")
    try peer.headers(11, Self.json)
    #expect(try upload(large, to: 11, of: peer) == large)
    #expect(peer.answer(11).resetCode == nil)
  }

  @Test func countsUntilItIsOver() throws {
    var limits = FramingLimits()
    limits.callsInFlight = 2
    // Without its acknowledgement of the limit the peer may still try.
    let peer = try RawPeer(limits: limits)
    try peer.headers(1, Self.json)
    try peer.headers(3, Self.json)
    #expect(peer.openCalls == 2)
    try peer.data(1, [])
    try peer.send(HTTP2Frame.reset, stream: 3, bigEndian(8))
    #expect(peer.answer(1).isEnded)
    #expect(peer.openCalls == 0)
    try expectGoesOn(peer, with: 5)
    try peer.headers(7, Self.json)
    try peer.headers(9, Self.json)
    try peer.headers(11)
    #expect(peer.answer(11).resetCode == 7)
  }

  @Test func endsAtAFlood() throws {
    let peer = try makePeer()
    try peer.headers(1, Self.json)
    let frame = HTTP2Frame(type: HTTP2Frame.data, stream: 1).encoded
    let burst = [[UInt8]](repeating: frame, count: 500).flatMap { $0 }
    #expect(throws: ProtocolViolation.self) {
      for _ in 0..<30 { try peer.send(burst) }
    }
  }

  @Test func drainsWithARefusedRequest() throws {
    let peer = try makePeer()
    try peer.headers(1, Self.json)
    peer.framing.beginDrain()
    peer.pump()
    peer.framing.beginDrain()
    peer.pump()
    #expect(!peer.isFinished)
    try peer.data(1, [1, 2, 3])
    #expect(!peer.isFinished)
    #expect(peer.answer(1).field(":status") == "415")
    #expect(peer.answer(1).resetCode == nil)
    #expect(peer.isFinished)
  }

  /// A client may wait for the answer before it ends the request.
  @Test func answersAfterSomeTime() throws {
    let peer = try makePeer()
    try peer.headers(1, Self.json)
    peer.framing.giveHeldAnswers()
    #expect(peer.answer(1).blocks.isEmpty, "it may have been held for a moment only")
    #expect(peer.holdsAnswers)
    peer.framing.giveHeldAnswers()
    #expect(peer.answer(1).field(":status") == "415")
    #expect(peer.answer(1).resetCode == 0)
    #expect(!peer.holdsAnswers)
    try expectGoesOn(peer, with: 3)
  }

  /// An open stream of requests that its owner has failed is read on like any other.
  @Test func holdsTheEndOfAStream() throws {
    let peer = try makePeer()
    for stream: UInt32 in [1, 3] {
      try peer.begin(stream, "Upload")
      try peer.data(stream, message([1]), end: false)
      peer.framing.fail(stream, Status(.notFound, "x"))
    }
    let count = 300 << 10
    #expect(try upload(count, to: 1, of: peer, end: false) == count)
    #expect(peer.answer(1).blocks.isEmpty, "it would be lost")
    #expect(credit(1, of: peer) > count - 256 << 10)
    try peer.data(1, [])
    #expect(peer.answer(1).grpcStatus == .notFound)
    #expect(peer.answer(1).resetCode == nil)
    let sent = try upload(8 << 20, to: 3, of: peer)
    #expect(sent > 4 << 20 && sent < 5 << 20, "a bounded rest")
    #expect(peer.answer(3).grpcStatus == .notFound)
    #expect(peer.answer(3).resetCode == 0)
    #expect(peer.openCalls == 0)
    #expect(!peer.holdsAnswers)
    try expectGoesOn(peer, with: 5)
  }
}
