internal import GRPC
internal import RPC
internal import Testing

/// Frames on closed streams: an error if their sender had ended the stream, and ignored otherwise.
@Suite struct ClosedStreamTests {
  private func expectGoesOn(_ peer: RawPeer, with stream: UInt32) throws {
    try peer.headers(stream)
    try peer.data(stream, message([7]))
    #expect(try peer.take()?.payload == [7])
    #expect(peer.goAways.isEmpty)
  }

  /// Frames that were on their way when this side reset the stream.
  @Test func ignoresWhatComesAfterAnOwnReset() throws {
    let peer = try RawPeer()
    try peer.headers(1, [(":test", "1")])
    #expect(peer.answer(1).resetCode == 1)
    try peer.headers(3, RawPeer.unary, end: true)
    _ = peer.answer(3)
    try peer.data(1, message([1]), end: false)
    try peer.headers(1, [("x-test", "1")], end: true)
    #expect(peer.answer(1).resetCode == 1)
    try expectGoesOn(peer, with: 5)
  }

  @Test func ignoresWhatComesOnARefusedStream() throws {
    var limits = FramingLimits()
    limits.callsInFlight = 2
    let peer = try RawPeer(limits: limits)
    try peer.acknowledge()
    for stream: UInt32 in [1, 3, 5, 7] { try peer.headers(stream) }
    #expect(peer.answer(5).resetCode == 7)
    #expect(peer.answer(7).resetCode == 7)
    for stream: UInt32 in [5, 7] { try peer.data(stream, message([1])) }
    #expect(peer.answer(7).resetCode == 7)
    #expect(peer.goAways.isEmpty)
    try peer.cancel(1)
    try expectGoesOn(peer, with: 9)
  }

  /// Nothing is sent between: the resets still wait when the frames come.
  @Test func ignoresWhatComesBeforeTheResetIsSent() throws {
    var limits = FramingLimits()
    limits.callsInFlight = 1
    let peer = try RawPeer(limits: limits)
    for stream: UInt32 in [1, 3, 5] { try peer.headers(stream) }
    for stream: UInt32 in [3, 5] { try peer.data(stream, message([1])) }
    peer.pump()
    #expect(peer.goAways.isEmpty)
    #expect(peer.answer(3).resetCode == 7)
    try peer.data(1, message([1]))
    #expect(try peer.take()?.stream == 1)
  }

  @Test func resetsAfterThePeersReset() throws {
    let peer = try RawPeer()
    try peer.headers(1)
    try peer.cancel(1)
    for _ in 0..<3 { try peer.data(1, message([1]), end: false) }
    peer.pump()
    #expect(peer.frames.filter { $0.type == HTTP2Frame.reset }.map(\.firstNumber) == [5])
    try expectGoesOn(peer, with: 3)
  }

  @Test func dataOnAStreamThatNeverWasEndsTheConnection() throws {
    let peer = try RawPeer()
    try peer.headers(5)
    #expect(throws: ProtocolViolation.self) { try peer.data(3, [1]) }
    peer.pump()
    #expect(peer.goAways.map(\.secondNumber) == [5])
  }

  /// libnghttp2 ends a connection over a second acknowledgement that it has not asked for.
  @Test func aThirdAcknowledgementIsOneTooMany() throws {
    let peer = try RawPeer()
    try peer.acknowledge()
    try expectGoesOn(peer, with: 1)
    for _ in 0..<2 { try peer.send(HTTP2Frame.settings, flags: 1) }
    peer.pump()
    #expect(peer.goAways.map(\.secondNumber) == [1])
    #expect(peer.framing.violation?.reason == "SETTINGS: unexpected ACK")
  }
}
