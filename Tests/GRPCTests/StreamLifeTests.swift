internal import GRPC
internal import Messages
internal import RPC
internal import Testing

/// Streams that end early, and many at once.
@Suite struct StreamLifeTests {
  /// Everything that an owner can say.
  private func sayAll(_ peer: RawPeer, _ stream: UInt32) {
    peer.sendMessage(stream, [1])
    #expect(peer.messages(stream) == ([], .empty))
    #expect(!peer.hasRoom(stream))
    peer.framing.finish(stream)
    peer.framing.fail(stream, Status(.aborted, "late"))
    peer.respond(stream, [1])
    peer.framing.open(stream)
  }

  @Test(arguments: ["Upload", "Watch", "Talk"]) func cancelsAnOpenCall(_ method: String) throws {
    let peer = try RawPeer()
    try peer.begin(1, method)
    if method != "Watch" { try peer.data(1, message([1]), end: false) }
    peer.sendMessage(1, [2])
    try peer.cancel(1)
    #expect(peer.openCalls == 0)
    // Not told yet.
    sayAll(peer, 1)
    #expect(try peer.events() == [.cancelled(1)])
    sayAll(peer, 1)
    #expect(try peer.events().isEmpty)
    #expect(peer.openCalls == 0)
    #expect(peer.heldBytes == 0)
    #expect(peer.answer(1).resetCode == nil, "it is no use to reset what is reset")
    try peer.begin(3, method)
    #expect(peer.openCalls == 1)
  }

  @Test func cancelsACallThatWasNotTaken() throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.call("Talk"))
    try peer.data(1, message([1]), end: false)
    try peer.cancel(1)
    #expect(try peer.events().isEmpty)
    #expect(peer.openCalls == 0)
  }

  @Test func cancelsACallThatWasNotOpened() throws {
    let peer = try RawPeer()
    for stream: UInt32 in [1, 3] {
      try peer.headers(stream, RawPeer.call("Talk"))
      #expect(try peer.take()?.stream == stream)
      try peer.cancel(stream)
    }
    #expect(peer.openCalls == 2)
    #expect(try peer.events().isEmpty)
    peer.framing.open(1)
    #expect(peer.openCalls == 1)
    #expect(try peer.events() == [.cancelled(1)])
    sayAll(peer, 1)
    #expect(peer.openCalls == 1)
    peer.framing.fail(3, Status(.aborted, "late"))
    #expect(peer.openCalls == 0)
    sayAll(peer, 3)
    #expect(peer.openCalls == 0)
    #expect(try peer.events().isEmpty)
  }

  /// The request breaks HTTP's rules between the taking and the opening.
  @Test func resetsACallThatWasNotOpened() throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.call("Talk"))
    #expect(try peer.take()?.stream == 1)
    try peer.headers(1, [(":path", "/")], end: true)
    #expect(peer.openCalls == 1)
    peer.framing.open(1)
    #expect(try peer.events() == [.cancelled(1)])
    #expect(peer.openCalls == 0)
    #expect(peer.answer(1).resetCode == 1)
    #expect(try peer.events().isEmpty)
  }

  @Test func cancelsAnEndedCall() throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.settings, [0, 4] + bigEndian(0))
    try peer.begin(1, "Watch")
    peer.sendMessage(1, [1])
    peer.framing.finish(1)
    peer.pump()
    #expect(peer.heldBytes > 0)
    #expect(peer.unsentBytes == 6)
    try peer.cancel(1)
    #expect(peer.unsentBytes == 0)
    #expect(try peer.events().isEmpty)
    #expect(peer.heldBytes == 0)
    #expect(peer.openCalls == 0)
  }

  @Test func tellsOfNothingButTheEnd() throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.settings, [0, 4] + bigEndian(0))
    try peer.begin(1, "Talk")
    while peer.hasRoom(1) { peer.sendMessage(1, [UInt8](repeating: 0, count: 9999)) }
    try peer.widen()
    try peer.data(1, message([1]), end: false)
    peer.pump()
    try peer.cancel(1)
    #expect(try peer.events() == [.cancelled(1)])
  }

  @Test func keepsTheLimitOnCalls() throws {
    var limits = FramingLimits()
    limits.callsInFlight = 2
    let peer = try RawPeer(limits: limits)
    try peer.begin(1, "Talk")
    try peer.begin(3, "Watch")
    try peer.headers(5)
    #expect(peer.answer(5).resetCode == 7)
    try peer.cancel(1)
    #expect(try peer.events() == [.cancelled(1)])
    try peer.begin(7, "Upload")
    peer.framing.finish(3)
    peer.pump()
    try peer.begin(9, "Upload")
    #expect(peer.openCalls == 2)
  }

  @Test func hasManyStreams() throws {
    let peer = try RawPeer()
    try peer.widen()
    let streams = stride(from: UInt32(1), to: 2048, by: 2)
    for stream in streams { try peer.begin(stream, "Talk") }
    #expect(peer.openCalls == 1024)
    for round in 0..<3 {
      for stream in streams {
        try peer.data(stream, message([UInt8(stream & 0x7f), UInt8(round)]), end: false)
      }
      let events = try peer.events()
      #expect(events.count == 1024)
      for case .readable(let stream) in events {
        let (messages, input) = peer.messages(stream)
        #expect(messages == [[UInt8(stream & 0x7f), UInt8(round)]] && input == .empty)
        peer.sendMessage(stream, messages[0])
      }
      peer.pump()
    }
    #expect(peer.heldBytes < 1024 * 5 * 1024)
    for stream in streams { try peer.data(stream, []) }
    for case .readable(let stream) in try peer.events() { peer.framing.finish(stream) }
    for stream in streams {
      let answer = peer.answer(stream)
      #expect(answer.data.count == 3 * 7 && answer.grpcStatus == .ok && answer.resetCode == nil)
    }
    #expect(peer.openCalls == 0)
    #expect(peer.heldBytes == 0)
  }

  @Test func drainsWithOpenStreams() throws {
    let peer = try RawPeer()
    try peer.begin(1, "Talk")
    try peer.begin(3, "Watch")
    peer.framing.beginDrain()
    peer.pump()
    peer.framing.beginDrain()
    peer.pump()
    #expect(!peer.isFinished)
    try peer.data(1, message([1]), end: false)
    #expect(peer.messages(1) == ([[1]], .empty))
    peer.sendMessage(3, [1])
    #expect(peer.answer(3).data == message([1]))
    peer.framing.fail(1, Status.draining)
    peer.framing.finish(3)
    #expect(!peer.isFinished)
    try peer.data(1, [])
    #expect(peer.answer(1).grpcStatus == .unavailable)
    #expect(peer.answer(3).grpcStatus == .ok)
    #expect(peer.isFinished)
  }
}
