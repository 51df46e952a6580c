internal import GRPC
internal import Messages
internal import RPC
internal import Testing

/// Messages of the owner's, one after the other.
@Suite struct ResponseStreamTests {
  private static let roomBytes = 64 << 10

  private func fill(_ peer: RawPeer, _ stream: UInt32, _ payload: [UInt8]) -> Int {
    var count = 0
    while peer.hasRoom(stream) {
      peer.sendMessage(stream, payload)
      count += 1
    }
    return count
  }

  @Test func sendsMessagesAndTrailers() throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.call("Watch"))
    try peer.data(1, message([5]))
    let call = try #require(try peer.take())
    #expect(call.payload == [5])
    #expect(!call.streamsRequests)
    peer.framing.open(1)
    #expect(peer.messages(1) == ([], .ended))
    #expect(peer.answer(1).blocks.isEmpty)
    peer.sendMessage(1, [1])
    #expect(peer.answer(1).blocks.count == 1)
    #expect(peer.answer(1).data == message([1]))
    peer.sendMessage(1, [])
    peer.sendMessage(1, [2, 3])
    #expect(peer.answer(1).data == message([1]) + message([]) + message([2, 3]))
    #expect(!peer.answer(1).isEnded)
    #expect(peer.openCalls == 1)
    peer.framing.finish(1)
    #expect(peer.openCalls == 0)
    let answer = peer.answer(1)
    #expect(answer.blocks.map { $0.map(\.0) } == [[":status", "content-type"], ["grpc-status"]])
    #expect(answer.grpcStatus == .ok)
    #expect(answer.isEnded)
    #expect(answer.resetCode == nil)
    #expect(try peer.events().isEmpty)
    #expect(peer.heldBytes == 0)
  }

  @Test func finishesWhatWasNotSentYet() throws {
    let peer = try RawPeer()
    try peer.begin(1, "Watch")
    peer.sendMessage(1, [1])
    peer.sendMessage(1, [2])
    peer.framing.finish(1)
    #expect(peer.answer(1).data == message([1]) + message([2]))
    #expect(peer.answer(1).dataFrames == 1)
    #expect(peer.answer(1).grpcStatus == .ok)
  }

  @Test func finishesWithoutAMessage() throws {
    let peer = try RawPeer()
    try peer.begin(1, "Watch")
    peer.framing.finish(1)
    let answer = peer.answer(1)
    #expect(answer.blocks.map { $0.map(\.0) } == [[":status", "content-type", "grpc-status"]])
    #expect(answer.grpcStatus == .ok)
    #expect(answer.isEnded)
  }

  @Test func respondsAfterMessages() throws {
    let peer = try RawPeer()
    try peer.begin(1, "Watch")
    peer.sendMessage(1, [1])
    peer.pump()
    peer.respond(1, [2])
    #expect(peer.answer(1).data == message([1]) + message([2]))
    #expect(peer.answer(1).grpcStatus == .ok)
    #expect(peer.answer(1).isEnded)
  }

  @Test(arguments: [true, false]) func failsAfterMessages(_ isRead: Bool) throws {
    let peer = try RawPeer()
    try peer.begin(1, "Watch")
    peer.sendMessage(1, [1])
    if isRead { peer.pump() }
    peer.framing.fail(1, Status(.notFound, "50%", reason: "GONE"))
    let answer = peer.answer(1)
    #expect(answer.data == message([1]))
    #expect(answer.blocks.count == 2)
    #expect(
      answer.blocks.last?.map(\.0) == ["grpc-status", "grpc-message", "grpc-status-details-bin"])
    #expect(answer.grpcStatus == .notFound)
    #expect(answer.field("grpc-message") == "50%25")
    #expect(answer.isEnded)
    // The next stream has the same object.
    try peer.begin(3, "Watch")
    peer.sendMessage(3, [3])
    peer.framing.finish(3)
    #expect(peer.answer(3).grpcStatus == .ok)
    #expect(peer.answer(3).blocks.last?.count == 1)
  }

  @Test func failsBeforeAnyMessage() throws {
    let peer = try RawPeer()
    try peer.begin(1, "Watch")
    peer.framing.fail(1, Status(.notFound, "no"))
    #expect(peer.answer(1).blocks.count == 1)
    #expect(peer.answer(1).field(":status") == "200")
    #expect(peer.answer(1).grpcStatus == .notFound)
  }

  @Test func waitsForAWindow() throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.settings, [0, 4] + bigEndian(0))
    try peer.begin(1, "Watch")
    let payload = [UInt8](repeating: 7, count: 995)
    let count = fill(peer, 1, payload)
    #expect(count == (Self.roomBytes + 999) / 1000)
    #expect(peer.answer(1).data.isEmpty)
    #expect(try peer.events().isEmpty)
    #expect(peer.heldBytes >= Self.roomBytes && peer.heldBytes < 4 * Self.roomBytes)
    // Half of it is not enough.
    try peer.send(HTTP2Frame.windowUpdate, stream: 1, bigEndian(30_000))
    #expect(peer.answer(1).data.count == 30_000)
    #expect(try peer.events().isEmpty)
    try peer.send(HTTP2Frame.windowUpdate, stream: 1, bigEndian(5_000))
    #expect(peer.answer(1).data.count == 35_000)
    #expect(peer.unsentBytes == count * 1000 - 35_000)
    #expect(try peer.events() == [.writable(1)])
    #expect(fill(peer, 1, payload) > 30)
    try peer.widen()
    try peer.send(HTTP2Frame.windowUpdate, stream: 1, bigEndian(1 << 20))
    #expect(try peer.events().isEmpty)
    peer.pump()
    #expect(try peer.events() == [.writable(1)])
    #expect(peer.hasRoom(1))
    #expect(peer.heldBytes <= 3 * 4096, "the large storage is given back")
    peer.framing.finish(1)
    #expect(peer.answer(1).data.count % 1000 == 0)
    #expect(peer.answer(1).isEnded)
  }

  /// All is sent, and the window is closed to the byte.
  @Test(arguments: [true, false]) func endsInAClosedWindow(_ isGood: Bool) throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.settings, [0, 4] + bigEndian(100))
    try peer.begin(1, "Talk")
    peer.sendMessage(1, [UInt8](repeating: 1, count: 95))
    #expect(peer.answer(1).data.count == 100)
    if isGood { peer.framing.finish(1) } else { peer.framing.fail(1, Status(.aborted, "x")) }
    #expect(peer.answer(1).grpcStatus == nil, "it would be lost")
    peer.passTime()
    #expect(peer.answer(1).grpcStatus == (isGood ? .ok : .aborted))
    #expect(peer.answer(1).isEnded)
    #expect(peer.answer(1).resetCode == 0)
    try peer.begin(3, "Watch")
    peer.framing.finish(3)
    #expect(peer.answer(3).isEnded)
  }

  @Test func keepsTheTrailersBehindTheMessages() throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.settings, [0, 4] + bigEndian(10))
    try peer.begin(1, "Watch")
    peer.sendMessage(1, [UInt8](repeating: 1, count: 20))
    peer.framing.fail(1, Status(.aborted, "x"))
    #expect(peer.openCalls == 0)
    #expect(peer.answer(1).grpcStatus == nil)
    try peer.send(HTTP2Frame.windowUpdate, stream: 1, bigEndian(14))
    #expect(peer.answer(1).grpcStatus == nil)
    #expect(peer.unsentBytes == 1)
    try peer.send(HTTP2Frame.windowUpdate, stream: 1, bigEndian(1))
    #expect(peer.answer(1).data.count == 25)
    #expect(peer.answer(1).grpcStatus == .aborted)
    #expect(try peer.events().isEmpty)
  }

  @Test(arguments: [true, false]) func endsBeforeThePeer(_ isGood: Bool) throws {
    let peer = try RawPeer()
    try peer.begin(1, "Talk")
    try peer.data(1, message([1]) + [0, 0], end: false)
    peer.sendMessage(1, [2])
    if isGood { peer.framing.finish(1) } else { peer.framing.fail(1, Status(.aborted, "x")) }
    try peer.data(1, [0, 0], end: false)
    peer.passTime()
    // Sent before the answer was seen, and not allowed at that.
    try peer.headers(1, [(":path", "/")])
    #expect(peer.answer(1).data == message([2]))
    #expect(peer.answer(1).grpcStatus == (isGood ? .ok : .aborted))
    let types = peer.frames.filter { $0.stream == 1 }.map(\.type)
    #expect(types.suffix(2) == [HTTP2Frame.headers, HTTP2Frame.reset])
    #expect(peer.answer(1).resetCode == 0)
    try peer.data(1, [3], end: false)
    #expect(try peer.events().isEmpty, "the owner has ended it")
    #expect(peer.openCalls == 0)
    #expect(peer.heldBytes == 0)
  }

  @Test func boundsUnreadMessages() throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.settings, [0, 4] + bigEndian(0))
    try peer.begin(1, "Watch")
    let large = [UInt8](repeating: 0, count: 4 << 20)
    for _ in 0..<4 { peer.sendMessage(1, large) }
    #expect(try peer.events().isEmpty)
    peer.sendMessage(1, [1])
    #expect(try peer.events() == [.cancelled(1)])
    #expect(peer.openCalls == 0)
    peer.sendMessage(1, [1])
    peer.framing.finish(1)
    #expect(peer.answer(1).blocks.count == 1)
    try peer.widen(1 << 25)
    // Nearly all of it goes unseen.
    peer.framing.flush(limit: 16_700_000)
    peer.framing.output.removeAll()
    #expect(!peer.answer(1).data.isEmpty)
    #expect(peer.answer(1).grpcStatus == .resourceExhausted)
    #expect(peer.answer(1).isEnded)
  }

  @Test func sharesTheRoomOfAConnection() throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.settings, [0, 4] + bigEndian(0))
    let payload = [UInt8](repeating: 7, count: 10_000)
    var streams: [UInt32] = []
    var total = 0
    for index: UInt32 in 0..<400 {
      streams.append(2 * index + 1)
      try peer.begin(2 * index + 1, "Watch")
      total += fill(peer, 2 * index + 1, payload)
    }
    #expect(total * 10_005 < 16 << 20)
    #expect(fill(peer, 799, payload) == 0)
    #expect(try peer.events().isEmpty)
    try peer.widen()
    peer.pump()
    let events = try peer.events()
    #expect(events.count == 400)
    #expect(streams.allSatisfy { events.contains(.writable($0)) })
    #expect(streams.allSatisfy { peer.hasRoom($0) })
  }
}
