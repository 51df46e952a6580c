internal import GRPC
internal import RPC
internal import Testing

@Suite struct DrainTests {
  private func goAways(_ peer: RawPeer) -> [HTTP2Frame] {
    peer.pump()
    return peer.frames.filter { $0.type == HTTP2Frame.goAway }
  }

  @Test func drainsInTwoSteps() throws {
    let peer = try RawPeer()
    try peer.headers(1)
    try peer.data(1, message([]))
    #expect(try peer.take()?.stream == 1)
    peer.framing.beginDrain()
    #expect(goAways(peer).map(\.firstNumber) == [0x7fff_ffff])
    #expect(!peer.isFinished)
    // Was under way when the warning was sent.
    try peer.headers(3)
    try peer.data(3, message([]))
    #expect(try peer.take()?.stream == 3)
    peer.framing.beginDrain()
    #expect(goAways(peer).map(\.firstNumber) == [0x7fff_ffff, 3])
    #expect(goAways(peer).map(\.secondNumber) == [0, 0])
    try peer.headers(5)
    try peer.data(5, message([]))
    #expect(try peer.take() == nil)
    #expect(peer.answer(5).blocks.isEmpty)
    #expect(!peer.isFinished)
    peer.respond(1, [1])
    peer.framing.fail(3, Status(.unavailable, "going"))
    #expect(!peer.isFinished)
    #expect(peer.answer(1).grpcStatus == .ok)
    #expect(peer.answer(3).grpcStatus == .unavailable)
    #expect(peer.isFinished)
    peer.framing.beginDrain()
    #expect(goAways(peer).count == 2)
  }

  @Test func anIdleConnectionIsFinishedAfterTheSecondStep() throws {
    let peer = try RawPeer()
    peer.framing.beginDrain()
    peer.pump()
    #expect(!peer.isFinished)
    peer.framing.beginDrain()
    peer.pump()
    #expect(peer.isFinished)
  }

  @Test func aFreshConnectionIsNotFinished() throws {
    let peer = try RawPeer()
    #expect(!peer.isFinished)
    peer.pump()
    #expect(!peer.isFinished)
  }

  @Test func aBrokenConnectionIsFinished() throws {
    let peer = try RawPeer()
    // DATA on a stream that was never opened.
    try peer.data(1, [1])
    #expect(goAways(peer).map(\.secondNumber) == [1])
    #expect(peer.isFinished)
  }
}
