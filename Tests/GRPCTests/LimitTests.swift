internal import GRPC
internal import Messages
internal import RPC
internal import Testing

@Suite struct LimitTests {
  @Test func refusesAnotherPreface() throws {
    let peer = try RawPeer(greets: false)
    #expect(throws: ProtocolViolation.self) {
      try peer.send(Array("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
    }
    #expect(throws: ProtocolViolation.self, "stays broken") { try peer.send(RawPeer.preface) }
    peer.pump()
    #expect(peer.frames.last?.type == HTTP2Frame.goAway)
  }

  @Test func announcesItsLimits() throws {
    var limits = FramingLimits()
    limits.callsInFlight = 17
    limits.headerBytes = 4096
    let peer = try RawPeer(limits: limits)
    peer.pump()
    #expect(peer.frames.first?.type == HTTP2Frame.settings)
    let settings = peer.frames.filter { $0.type == HTTP2Frame.settings && $0.flags == 0 }
      .flatMap(\.payload)
    let entries = stride(from: 0, to: settings.count, by: 6).map { Array(settings[$0..<$0 + 6]) }
    #expect(entries.contains([0, 3] + bigEndian(17)))
    #expect(entries.contains([0, 6] + bigEndian(4096)))
    // No table that keeps what earlier calls sent.
    #expect(entries.contains([0, 1] + bigEndian(0)))
  }

  @Test func refusesStreamsBeyondTheLimit() throws {
    var limits = FramingLimits()
    limits.callsInFlight = 2
    let peer = try RawPeer(limits: limits)
    for stream: UInt32 in [1, 3, 5] { try peer.headers(stream) }
    #expect(peer.answer(5).resetCode == 7)
    #expect(peer.openCalls == 2)
  }

  @Test func answersALargeHeaderList() throws {
    let peer = try RawPeer()
    let large = [("x", String(repeating: "a", count: 9000))]
    try peer.headers(1, RawPeer.unary + large, end: true)
    #expect(peer.answer(1).grpcStatus == .resourceExhausted)
    // Bytes past the limit are not read.
    try peer.headers(3, large + RawPeer.unary, end: true)
    #expect(peer.answer(3).grpcStatus == .resourceExhausted)
    let path = RawPeer.unary.map {
      $0.0 == ":path" ? (":path", "/" + String(repeating: "a", count: 9000)) : $0
    }
    try peer.headers(5, path, end: true)
    #expect(peer.answer(5).grpcStatus == .resourceExhausted)
    try peer.headers(7, RawPeer.unary + [("x", String(repeating: "a", count: 7500))])
    try peer.data(7, message([7]))
    #expect(try peer.take()?.payload == [7])
  }

  /// One entry of the dynamic table, 4 KB, named again and again by one byte.
  @Test func answersAHeaderBomb() throws {
    let peer = try RawPeer()
    let entry = [0x40] + Array(hpack([("b", String(repeating: "b", count: 3900))]).dropFirst())
    let block = hpack(RawPeer.unary) + entry + [UInt8](repeating: 0xbe, count: 12_000)
    try peer.send(HTTP2Frame.headers, flags: HTTP2Frame.endHeaders | 1, stream: 1, block)
    #expect(peer.answer(1).grpcStatus == .resourceExhausted)
    #expect(peer.openCalls == 0)
    try peer.headers(3)
    try peer.data(3, message([3]))
    #expect(try peer.take()?.payload == [3])
  }

  /// There is no dynamic table once the settings are acknowledged, also for an encoder that doesn't
  /// say so because it never had one; what was in it before can't be named any more.
  @Test(arguments: [[0x20], [], [0x3f, 0xe1, 0x1f], [0xbe]] as [[UInt8]])
  func keepsNoFields(start: [UInt8]) throws {
    let peer = try RawPeer()
    let kept = [0x40] + Array(hpack([("x-kept", "value")]).dropFirst())
    let flags = HTTP2Frame.endHeaders
    try peer.send(HTTP2Frame.headers, flags: flags, stream: 1, hpack(RawPeer.unary) + kept)
    try peer.data(1, message([1]))
    try peer.send(HTTP2Frame.headers, flags: flags, stream: 3, hpack(RawPeer.unary) + [0xbe])
    try peer.data(3, message([3]))
    #expect(try [peer.take()?.payload, peer.take()?.payload] == [[1], [3]])
    try peer.acknowledge()
    let block = start + hpack(RawPeer.unary) + kept
    guard start == [0x20] || start.isEmpty else {
      try peer.send(HTTP2Frame.headers, flags: flags, stream: 5, block)
      peer.pump()
      #expect(peer.goAways.map(\.secondNumber) == [9])
      return
    }
    for stream in [5, 7] as [UInt32] {
      let fields = stream == 5 ? block : hpack(RawPeer.unary)
      try peer.send(HTTP2Frame.headers, flags: flags, stream: stream, fields)
      try peer.data(stream, message([5]))
      #expect(try peer.take()?.payload == [5])
    }
    try peer.send(HTTP2Frame.headers, flags: flags, stream: 9, hpack(RawPeer.unary) + [0xbe])
    peer.pump()
    #expect(peer.goAways.map(\.secondNumber) == [9])
  }

  @Test func endsAtTooManyContinuations() throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.headers, stream: 1, hpack(RawPeer.unary))
    #expect(throws: ProtocolViolation.self) {
      for _ in 0..<1024 { try peer.send(HTTP2Frame.continuation, stream: 1, []) }
    }
    peer.pump()
    let farewell = try #require(peer.frames.last { $0.type == HTTP2Frame.goAway })
    #expect(farewell.secondNumber == 11)
    #expect(farewell.text == "a header block has more than 1024 frames")
    #expect(try peer.take() == nil)
  }

  /// A frame that costs a server something and brings nothing, sent in bursts.
  @Test(arguments: [HTTP2Frame.ping, HTTP2Frame.settings, HTTP2Frame.priority, HTTP2Frame.data])
  func endsAtAFloodOf(_ type: UInt8) throws {
    let peer = try RawPeer()
    try peer.headers(1)
    let payload: [UInt8]
    switch type {
    case HTTP2Frame.ping: payload = [UInt8](repeating: 0, count: 8)
    case HTTP2Frame.priority: payload = [0, 0, 0, 0, 1]
    default: payload = []
    }
    let isOfStream = type == HTTP2Frame.priority || type == HTTP2Frame.data
    let frame = HTTP2Frame(type: type, stream: isOfStream ? 1 : 0, payload: payload).encoded
    let burst = [[UInt8]](repeating: frame, count: 500).flatMap { $0 }
    #expect(throws: ProtocolViolation.self) {
      for _ in 0..<30 {
        try peer.send(burst)
        peer.pump()
      }
    }
    peer.pump()
    let farewell = try #require(peer.frames.last { $0.type == HTTP2Frame.goAway })
    #expect(farewell.secondNumber == 11)
    #expect(peer.isFinished)
  }

  @Test func endsAtUnreadPings() throws {
    let peer = try RawPeer()
    let ping = HTTP2Frame(type: HTTP2Frame.ping, payload: [UInt8](repeating: 0, count: 8)).encoded
    #expect(throws: ProtocolViolation.self) {
      for _ in 0..<2000 { try peer.send(ping) }
    }
  }

  @Test func livesWithPingsOverALongTime() throws {
    let peer = try RawPeer()
    let ping = HTTP2Frame(type: HTTP2Frame.ping, payload: [UInt8](repeating: 0, count: 8)).encoded
    for _ in 0..<30_000 {
      try peer.send(ping)
      peer.framing.flush(limit: .max)
      peer.framing.output.removeAll()
    }
    try peer.headers(1)
    #expect(peer.openCalls == 1)
  }

  @Test func endsAtRapidResets() throws {
    let peer = try RawPeer()
    var stream: UInt32 = 1
    #expect(throws: ProtocolViolation.self) {
      for _ in 0..<30 {
        var burst: [UInt8] = []
        for _ in 0..<500 {
          burst +=
            HTTP2Frame(
              type: HTTP2Frame.headers, flags: HTTP2Frame.endHeaders, stream: stream,
              payload: hpack(RawPeer.unary)
            ).encoded
          burst += HTTP2Frame(type: HTTP2Frame.reset, stream: stream, payload: bigEndian(8)).encoded
          stream += 2
        }
        try peer.send(burst)
        peer.pump()
      }
    }
    #expect(peer.openCalls == 0)
  }

  @Test func endsAtProvokedResets() throws {
    let peer = try RawPeer()
    var stream: UInt32 = 1
    #expect(throws: ProtocolViolation.self) {
      for _ in 0..<30 {
        var burst: [UInt8] = []
        for _ in 0..<500 {
          burst +=
            HTTP2Frame(
              type: HTTP2Frame.headers, flags: HTTP2Frame.endHeaders, stream: stream,
              payload: hpack(RawPeer.unary)
            ).encoded
          burst +=
            HTTP2Frame(
              type: HTTP2Frame.windowUpdate, stream: stream, payload: bigEndian(0x7fff_ffff)
            ).encoded
          stream += 2
        }
        try peer.send(burst)
        peer.pump()
      }
    }
  }

  @Test func keepsAnAnswerWithinTheWindow() throws {
    let peer = try RawPeer()
    try peer.headers(1)
    try peer.data(1, message([]))
    _ = try peer.take()
    let payload = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
    peer.respond(1, payload)
    #expect(peer.answer(1).data.count == 65_535)
    #expect(!peer.answer(1).isEnded)
    try peer.send(HTTP2Frame.windowUpdate, stream: 1, bigEndian(1 << 20))
    #expect(peer.answer(1).data.count == 65_535, "the connection's window is closed")
    try peer.send(HTTP2Frame.windowUpdate, bigEndian(10))
    #expect(peer.answer(1).data.count == 65_545)
    try peer.send(HTTP2Frame.windowUpdate, bigEndian(1 << 20))
    #expect(peer.answer(1).data == message(payload))
    #expect(peer.answer(1).grpcStatus == .ok)
  }

  @Test func flushesNoFurtherThanAskedTo() throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.windowUpdate, bigEndian(1 << 20))
    try peer.send(HTTP2Frame.settings, [0, 4] + bigEndian(1 << 20))
    try peer.headers(1)
    try peer.data(1, message([]))
    _ = try peer.take()
    peer.respond(1, [UInt8](repeating: 1, count: 500_000))
    peer.framing.flush(limit: 30_000)
    let count = peer.framing.output.count
    #expect(count >= 30_000 && count < 30_000 + 16_393)
    peer.framing.flush(limit: 30_000)
    #expect(peer.framing.output.count == count)
    #expect(peer.answer(1).data.count == 500_005)
  }

  @Test func boundsUnreadAnswers() throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.settings, [0, 4] + bigEndian(0))
    let large = [UInt8](repeating: 0, count: 4 << 20)
    for stream: UInt32 in [1, 3, 5, 7, 9] {
      try peer.headers(stream)
      try peer.data(stream, message([]))
      _ = try peer.take()
      peer.respond(stream, large)
    }
    #expect(peer.answer(7).field(":status") == "200")
    #expect(peer.answer(7).grpcStatus == nil)
    #expect(peer.answer(9).grpcStatus == .resourceExhausted)
  }

  @Test func reopensWindowsForALongUpload() throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.settings, flags: 1)
    let payload = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }
    try peer.headers(1)
    let whole = message(payload)
    var credit = 65_535
    var seen = 0
    peer.pump()
    for start in stride(from: 0, to: whole.count, by: 16_000) {
      let part = Array(whole[start..<min(start + 16_000, whole.count)])
      credit -= part.count
      try peer.data(1, part, end: start + 16_000 >= whole.count)
      peer.pump()
      for frame in peer.frames[seen...] where frame.type == HTTP2Frame.windowUpdate {
        if frame.stream == 0 { credit += Int(frame.firstNumber) }
      }
      seen = peer.frames.count
      #expect(credit >= 0)
    }
    #expect(try peer.take()?.payload == payload)
  }
}
