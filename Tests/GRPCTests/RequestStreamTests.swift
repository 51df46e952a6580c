internal import GRPC
internal import Messages
internal import RPC
internal import Testing

/// Messages of the peer's, one after the other.
@Suite struct RequestStreamTests {
  private static let windowBytes = 256 << 10

  /// How far a window was opened again.
  private func credit(_ stream: UInt32, of peer: RawPeer) -> Int {
    peer.pump()
    return peer.frames.filter { $0.type == HTTP2Frame.windowUpdate && $0.stream == stream }
      .reduce(0) { $0 + Int($1.firstNumber) }
  }

  private func makePeer(_ limits: FramingLimits = FramingLimits()) throws -> RawPeer {
    let peer = try RawPeer(limits: limits)
    try peer.send(HTTP2Frame.settings, flags: 1)
    return peer
  }

  @Test func takesMessagesAsTheyCome() throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.call("Upload") + [("authorization", "Bearer b")])
    let call = try #require(try peer.take())
    #expect(call.method == "Upload")
    #expect(call.streamsRequests)
    #expect(call.payload.isEmpty)
    #expect(call.bearer == "b")
    peer.framing.open(1)
    #expect(peer.messages(1) == ([], .empty))
    #expect(try peer.events().isEmpty)
    try peer.data(1, message([1, 2]) + [0, 0], end: false)
    #expect(try peer.events() == [.readable(1)])
    #expect(peer.messages(1) == ([[1, 2]], .empty))
    try peer.data(1, [0, 0], end: false)
    #expect(try peer.events().isEmpty)
    try peer.data(1, [1, 9] + message([]) + message([3]), end: false)
    #expect(try peer.events() == [.readable(1)])
    #expect(peer.messages(1, limit: 2) == ([[9], []], .message))
    try peer.data(1, [])
    #expect(try peer.events().isEmpty, "there was something to take already")
    #expect(peer.messages(1) == ([[3]], .ended))
    #expect(peer.messages(1) == ([], .ended))
    #expect(peer.openCalls == 1)
    peer.respond(1, [4])
    let answer = peer.answer(1)
    #expect(answer.data == message([4]))
    #expect(answer.grpcStatus == .ok)
    #expect(answer.isEnded)
    #expect(answer.resetCode == nil)
    #expect(peer.openCalls == 0)
    #expect(peer.heldBytes == 0)
  }

  @Test(arguments: [1, 2, 3, 7, 1000], [true, false])
  func takesMessagesInAnySplit(_ size: Int, _ isOpen: Bool) throws {
    let payloads: [[UInt8]] = [[], [1], [2, 2], [], [UInt8](repeating: 3, count: 300), [4]]
    let whole = payloads.flatMap { message($0) }
    let peer = try RawPeer()
    if isOpen { try peer.begin(1, "Talk") } else { try peer.headers(1, RawPeer.call("Talk")) }
    var taken: [[UInt8]] = []
    for start in stride(from: 0, to: whole.count, by: size) {
      let end = min(start + size, whole.count)
      try peer.data(1, Array(whole[start..<end]), end: end == whole.count)
      if isOpen, try peer.events() == [.readable(1)] { taken += peer.messages(1).0 }
    }
    if !isOpen {
      #expect(try peer.take()?.stream == 1)
      #expect(try peer.events().isEmpty)
      peer.framing.open(1)
      #expect(try peer.events() == [.readable(1)])
    }
    let (rest, input) = peer.messages(1)
    #expect(taken + rest == payloads)
    #expect(input == .ended)
    #expect(try peer.events().isEmpty)
  }

  @Test func endsWithoutAMessage() throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.call("Upload"), end: true)
    #expect(try peer.take()?.streamsRequests == true)
    peer.framing.open(1)
    #expect(try peer.events() == [.readable(1)])
    #expect(peer.messages(1) == ([], .ended))
    peer.respond(1, [])
    #expect(peer.answer(1).grpcStatus == .ok)
  }

  @Test func endsWithTrailers() throws {
    let peer = try RawPeer()
    try peer.begin(1, "Talk")
    try peer.data(1, message([1]), end: false)
    try peer.headers(1, [("x-test", "1")], end: true)
    #expect(try peer.events() == [.readable(1)])
    #expect(peer.messages(1) == ([[1]], .ended))
    try peer.begin(3, "Talk")
    try peer.headers(3, [("x-test", "1")])
    #expect(try peer.events() == [.cancelled(3)])
    #expect(peer.answer(3).resetCode == 1)
    #expect(peer.openCalls == 1)
  }

  @Test func talksOnAfterTheEndOfThePeer() throws {
    let peer = try RawPeer()
    try peer.begin(1, "Talk")
    peer.sendMessage(1, [1])
    try peer.data(1, message([2]))
    #expect(peer.messages(1) == ([[2]], .ended))
    peer.sendMessage(1, [3])
    #expect(peer.answer(1).data == message([1]) + message([3]))
    peer.framing.finish(1)
    #expect(peer.answer(1).grpcStatus == .ok)
    #expect(peer.answer(1).resetCode == nil)
  }

  /// What comes behind a good message, whether it ends the request, and the status.
  private static let bad: [([UInt8], Bool, StatusCode)] = [
    (message([1], flag: 1), false, .internalError), (message([1], flag: 2), false, .internalError),
    (message([1], length: 101), false, .resourceExhausted), ([0, 0], true, .internalError),
    (message([1], length: 2), true, .internalError),
  ]

  private func limitedPeer() throws -> RawPeer {
    var limits = FramingLimits()
    limits.messageBytes = 100
    return try makePeer(limits)
  }

  @Test(arguments: bad, [true, false])
  func failsABadMessage(_ bad: ([UInt8], Bool, StatusCode), _ hasAnswered: Bool) throws {
    let peer = try limitedPeer()
    try peer.begin(1, "Talk")
    if hasAnswered { peer.sendMessage(1, [8]) }
    try peer.data(1, message([7]) + bad.0, end: bad.1)
    #expect(try peer.events() == [.readable(1)])
    #expect(peer.messages(1) == ([[7]], .empty), "what is before it is good")
    #expect(try peer.events() == [.cancelled(1)])
    #expect(peer.openCalls == (bad.1 ? 0 : 1), "held until the end")
    peer.passTime()
    #expect(peer.openCalls == 0)
    let answer = peer.answer(1)
    #expect(answer.grpcStatus == bad.2)
    #expect(answer.blocks.count == (hasAnswered ? 2 : 1))
    #expect(answer.isEnded)
    #expect(answer.resetCode == (bad.1 ? nil : 0))
    peer.framing.finish(1)
    #expect(peer.messages(1) == ([], .empty))
    #expect(peer.heldBytes == 0)
  }

  @Test(arguments: bad) func refusesABadFirstMessage(_ bad: ([UInt8], Bool, StatusCode)) throws {
    let peer = try limitedPeer()
    try peer.headers(1, RawPeer.call("Talk"))
    try peer.data(1, bad.0, end: bad.1)
    #expect(peer.answer(1).blocks.isEmpty == !bad.1, "held until the end")
    #expect(try peer.take() == nil)
    if !bad.1 { try peer.data(1, [1, 2, 3]) }
    #expect(peer.answer(1).grpcStatus == bad.2)
    #expect(peer.answer(1).resetCode == nil)
    #expect(peer.openCalls == 0)
  }

  @Test(arguments: bad, [true, false])
  func failsWhenOpened(_ bad: ([UInt8], Bool, StatusCode), _ isOpened: Bool) throws {
    let peer = try limitedPeer()
    try peer.headers(1, RawPeer.call("Talk"))
    #expect(try peer.take()?.stream == 1)
    try peer.data(1, bad.0, end: bad.1)
    #expect(peer.answer(1).blocks.isEmpty)
    #expect(try peer.events().isEmpty)
    if isOpened {
      peer.framing.open(1)
      #expect(try peer.events() == [.cancelled(1)])
      peer.passTime()
      #expect(peer.answer(1).grpcStatus == bad.2)
    } else {
      peer.framing.fail(1, Status(.unauthenticated, "who?"))
      peer.passTime()
      #expect(peer.answer(1).grpcStatus == .unauthenticated)
    }
    #expect(peer.openCalls == 0)
  }

  @Test func refusesCompression() throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.call("Talk") + [("grpc-encoding", "gzip")])
    _ = try peer.take()
    peer.framing.open(1)
    try peer.data(1, message([1]) + message([1], flag: 1), end: false)
    #expect(peer.messages(1) == ([[1]], .empty))
    try peer.data(1, [])
    #expect(peer.answer(1).grpcStatus == .unimplemented)
    #expect(peer.answer(1).field("grpc-accept-encoding") == "identity")
  }

  @Test(arguments: [3, 9]) func resetsAnotherContentLength(_ length: Int) throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.call("Talk") + [("content-length", "\(length)")])
    _ = try peer.take()
    peer.framing.open(1)
    try peer.data(1, message([1]))
    #expect(try peer.events() == [.cancelled(1)])
    #expect(peer.answer(1).resetCode == 1)
    #expect(peer.openCalls == 0)
  }

  /// The window stays closed behind a message that is not taken, and other streams go on.
  @Test func slowsAPeerDown() throws {
    let peer = try makePeer()
    try peer.begin(1, "Upload")
    let part = message([UInt8](repeating: 5, count: 15_995))
    let count = Self.windowBytes / part.count
    for _ in 0..<count { try peer.data(1, part, end: false) }
    #expect(try peer.events() == [.readable(1)])
    #expect(credit(1, of: peer) == 0, "one message is not worth a frame")
    #expect(credit(0, of: peer) > 0)
    #expect(peer.heldBytes < 4 * Self.windowBytes)
    // A peer that goes on breaks the rules of HTTP/2.
    try peer.begin(3, "Upload")
    try peer.data(3, part)
    #expect(peer.messages(3) == ([[UInt8](repeating: 5, count: 15_995)], .ended))
    peer.respond(3, [3])
    #expect(peer.answer(3).grpcStatus == .ok)
    #expect(peer.messages(1).0.count == count)
    #expect(credit(1, of: peer) > Self.windowBytes / 2)
    #expect(peer.heldBytes <= 3 * 4096)
    for _ in 0..<5 { try peer.data(1, part, end: false) }
    #expect(peer.messages(1).0.count == 5)
  }

  @Test func letsALargeMessageCome() throws {
    let peer = try makePeer()
    try peer.begin(1, "Upload")
    let payload = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }
    let whole = message(payload) + message([1, 2, 3])
    var sent = 0
    while sent < whole.count {
      let count = min(16_000, whole.count - sent)
      #expect(sent + count <= Self.windowBytes + credit(1, of: peer))
      try peer.data(1, Array(whole[sent..<sent + count]), end: false)
      sent += count
    }
    #expect(try peer.events() == [.readable(1)])
    #expect(peer.takeMessage(1) == .message)
    let first = bytes(peer.framing.currentMessage)
    #expect(first == payload)
    #expect(peer.heldBytes > 3_000_000)
    #expect(try peer.events().isEmpty)
    #expect(peer.heldBytes < 10_000, "a few bytes don't keep the large storage")
    #expect(peer.messages(1) == ([[1, 2, 3]], .empty))
  }

  @Test(arguments: [true, false]) func boundsWhatIsNotTaken(_ isOpen: Bool) throws {
    let peer = try makePeer()
    let part = [UInt8](repeating: 0, count: 16_000)
    let perStream = Self.windowBytes / part.count
    var failed: UInt32?
    var stream: UInt32 = 1
    while failed == nil, stream < 400 {
      if isOpen {
        try peer.begin(stream, "Upload")
      } else {
        try peer.headers(stream, RawPeer.call("Upload"))
      }
      for _ in 0..<perStream { try peer.data(stream, part, end: false) }
      if isOpen ? try peer.events().contains(.cancelled(stream)) : credit(stream, of: peer) > 0 {
        failed = stream
      }
      peer.pump()
      stream += 2
    }
    #expect(peer.heldBytes < 40 << 20)
    let last = try #require(failed)
    #expect(last > 100)
    try peer.data(last, [])
    #expect(peer.answer(last).grpcStatus == .resourceExhausted)
    // A finished stream counts no longer.
    for stream in stride(from: UInt32(1), to: last, by: 2) { try peer.cancel(stream) }
    while try peer.framing.nextEvent() != nil {}
    #expect(peer.openCalls == 0)
    #expect(peer.heldBytes == 0)
    try peer.begin(stream, "Upload")
    try peer.data(stream, message([1]))
    #expect(peer.messages(stream) == ([[1]], .ended))
  }
}
