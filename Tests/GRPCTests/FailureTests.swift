internal import GRPC
internal import Messages
internal import RPC
internal import Testing

@Suite struct FailureTests {
  private func fail(_ status: Status) throws -> RawPeer.Answer {
    let peer = try RawPeer()
    try peer.headers(1)
    try peer.data(1, message([]))
    _ = try peer.take()
    peer.framing.fail(1, status)
    return peer.answer(1)
  }

  @Test func failsWithTrailersOnly() throws {
    let answer = try fail(Status(.permissionDenied, "no"))
    #expect(answer.blocks.count == 1)
    #expect(
      answer.blocks[0].map(\.0) == [":status", "content-type", "grpc-status", "grpc-message"])
    #expect(answer.field(":status") == "200")
    #expect(answer.field("content-type") == "application/grpc")
    #expect(answer.grpcStatus == .permissionDenied)
    #expect(answer.field("grpc-message") == "no")
    #expect(answer.data.isEmpty)
    #expect(answer.isEnded)
    #expect(answer.resetCode == nil)
  }

  @Test func encodesTheMessage() throws {
    let answer = try fail(Status(.unauthenticated, "50% é\n`~ \u{7f}"))
    #expect(answer.field("grpc-message") == "50%25 %C3%A9%0A`~ %7F")
    #expect(answer.field("grpc-status") == "16")
  }

  @Test func cutsALongMessageBetweenCharacters() throws {
    let answer = try fail(Status(.notFound, "x" + String(repeating: "é", count: 2000)))
    #expect(answer.field("grpc-message") == "x" + String(repeating: "%C3%A9", count: 511))
  }

  @Test(arguments: ["", "a", "ab", "abc", "ü?>~"])
  func addsDetails(_ text: String) throws {
    let status = Status(.notFound, text, reason: "TOKEN_UNKNOWN")
    var encoded = ByteBuffer()
    status.encode(into: &encoded)
    let details = try #require(try fail(status).field("grpc-status-details-bin"))
    #expect(!details.contains("="))
    #expect(decodeBase64(details) == bytes(encoded.bytes))
  }

  /// What is sent after the header fields, in DATA frames, and the status that answers it.
  @Test(
    arguments: [
      ([message([1], flag: 1)], StatusCode.internalError),
      ([message([1], flag: 2)], .internalError),
      ([[]], .unimplemented),
      ([[0, 0, 0]], .internalError),
      ([message([1, 2], length: 3)], .internalError),
      ([message([1]) + message([2])], .unimplemented),
      ([message([1]), [0]], .unimplemented),
      ([message([]) + [0]], .unimplemented),
    ])
  func refusesMessages(_ parts: [[UInt8]], _ code: StatusCode) throws {
    let peer = try RawPeer()
    try peer.headers(1)
    for (index, part) in parts.enumerated() {
      try peer.data(1, part, end: index == parts.count - 1)
    }
    #expect(try peer.take() == nil)
    let answer = peer.answer(1)
    #expect(answer.grpcStatus == code)
    #expect(answer.blocks.count == 1)
    #expect(answer.resetCode == nil)
    #expect(peer.openCalls == 0)
  }

  @Test func refusesACallWithoutAMessage() throws {
    let peer = try RawPeer()
    try peer.headers(1, end: true)
    #expect(peer.answer(1).grpcStatus == .unimplemented)
  }

  @Test(arguments: [("gzip", 1, StatusCode.unimplemented), ("identity", 1, .internalError)])
  func refusesCompression(_ encoding: String, _ flag: UInt8, _ code: StatusCode) throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.unary + [("grpc-encoding", encoding)])
    try peer.data(1, message([1], flag: flag))
    #expect(peer.answer(1).grpcStatus == code)
    #expect(
      peer.answer(1).field("grpc-accept-encoding") == (code == .unimplemented ? "identity" : nil))
  }

  @Test(arguments: ["gzip", "identity"])
  func acceptsAMessageThatIsNotCompressed(_ encoding: String) throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.unary + [("grpc-encoding", encoding)])
    try peer.data(1, message([1]))
    #expect(try peer.take()?.payload == [1])
  }

  @Test func refusesALargeMessageBeforeItComes() throws {
    var limits = FramingLimits()
    limits.messageBytes = 100
    let peer = try RawPeer(limits: limits)
    try peer.headers(1)
    try peer.data(1, message([UInt8](repeating: 1, count: 100)))
    #expect(try peer.take()?.payload.count == 100)
    try peer.headers(3)
    try peer.data(3, message([1], length: 101), end: false)
    #expect(peer.answer(3).blocks.isEmpty)
    try peer.data(3, [1, 2, 3])
    #expect(peer.answer(3).grpcStatus == .resourceExhausted)
    #expect(peer.answer(3).isEnded)
    #expect(peer.answer(3).resetCode == nil)
    try peer.headers(5)
    try peer.data(5, message([5]))
    #expect(try peer.take()?.payload == [5])
  }

  @Test func boundsUnfinishedMessages() throws {
    let peer = try RawPeer()
    let large = FramingLimits().messageBytes
    for stream: UInt32 in [1, 3, 5, 7] {
      try peer.headers(stream)
      try peer.data(stream, message([1], length: large), end: false)
    }
    try peer.headers(9)
    try peer.data(9, message([1], length: 100), end: false)
    try peer.data(9, [])
    #expect(peer.answer(9).grpcStatus == .resourceExhausted)
    try peer.send(HTTP2Frame.reset, stream: 1, bigEndian(8))
    try peer.headers(11)
    let whole = message([UInt8](repeating: 1, count: 100))
    try peer.data(11, whole)
    #expect(try peer.take()?.stream == 11)
  }

  @Test(
    arguments: [
      "/pkg.Service", "/", "//Method", "/pkg.Service/", "pkg.Service/Method",
      "/a/b/c", "*",
    ])
  func refusesPaths(_ path: String) throws {
    let peer = try RawPeer()
    try peer.headers(
      1, RawPeer.unary.map { $0.0 == ":path" ? (":path", path) : $0 }, end: true)
    #expect(peer.answer(1).grpcStatus == .unimplemented)
    #expect(peer.answer(1).field(":status") == "200")
  }

  @Test(
    arguments: [
      ("application/grpc+proto", true), ("application/grpc;charset=utf-8", true),
      ("Application/GRPC", true), ("application/grpc-web", false), ("application/json", false),
      ("", false), (nil, false),
    ] as [(String?, Bool)])
  func judgesTheContentType(_ type: String?, _ isAccepted: Bool) throws {
    let peer = try RawPeer()
    var fields = RawPeer.unary.filter { $0.0 != "content-type" }
    if let type { fields.append(("content-type", type)) }
    try peer.headers(1, fields)
    try peer.data(1, message([]))
    #expect((try peer.take() != nil) == isAccepted)
    #expect(peer.answer(1).field(":status") == (isAccepted ? nil : "415"))
  }

  @Test(arguments: ["GET", "PUT", "post"])
  func judgesTheMethod(_ method: String) throws {
    let peer = try RawPeer()
    try peer.headers(
      1, RawPeer.unary.map { $0.0 == ":method" ? (":method", method) : $0 }, end: true)
    let answer = peer.answer(1)
    #expect(answer.field(":status") == "405")
    #expect(answer.field("allow") == "POST")
    #expect(answer.isEnded)
  }
}
