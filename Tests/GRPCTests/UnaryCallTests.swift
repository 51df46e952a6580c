internal import GRPC
internal import RPC
internal import Testing

@Suite struct UnaryCallTests {
  @Test func answersACall() throws {
    let peer = try RawPeer()
    let fields =
      RawPeer.unary + [
        ("authorization", "BEARER secret"), ("grpc-timeout", "1999m"), ("host", "x"),
      ]
    try peer.headers(1, fields)
    #expect(peer.openCalls == 1)
    try peer.data(1, message([1, 2, 3]))
    let call = try #require(try peer.take())
    #expect(call.stream == 1)
    #expect(call.service == "pkg.Service")
    #expect(call.method == "Method")
    #expect(call.payload == [1, 2, 3])
    #expect(call.bearer == "secret")
    #expect(call.timeoutNanoseconds == 1_999_000_000)
    #expect(try peer.take() == nil)
    #expect(peer.openCalls == 1)
    peer.respond(1, [9, 8])
    #expect(peer.openCalls == 0)
    let answer = peer.answer(1)
    #expect(answer.blocks.count == 2)
    #expect(answer.blocks[0].map(\.0) == [":status", "content-type"])
    #expect(answer.blocks[0].map(\.1) == ["200", "application/grpc"])
    #expect(answer.data == message([9, 8]))
    #expect(answer.blocks[1].map(\.0) == ["grpc-status"])
    #expect(answer.grpcStatus == .ok)
    #expect(answer.isEnded)
    #expect(answer.resetCode == nil)
  }

  /// A connection with two calls, the second without a bearer token, in one piece.
  private var conversation: [UInt8] {
    var bytes = RawPeer.preface + HTTP2Frame(type: HTTP2Frame.settings).encoded
    for stream: UInt32 in [1, 3] {
      let fields = RawPeer.unary + (stream == 1 ? [("authorization", "Bearer one")] : [])
      bytes +=
        HTTP2Frame(
          type: HTTP2Frame.headers, flags: HTTP2Frame.endHeaders, stream: stream,
          payload: hpack(fields)
        ).encoded
      for part in [
        [], Array(message([7, 7, 7]).prefix(3)), Array(message([7, 7, 7]).dropFirst(3)),
      ] {
        bytes += HTTP2Frame(type: HTTP2Frame.data, stream: stream, payload: part).encoded
      }
      bytes +=
        HTTP2Frame(
          type: HTTP2Frame.data, flags: HTTP2Frame.endStream, stream: stream
        ).encoded
    }
    return bytes
  }

  private func expectBothCalls(_ peer: RawPeer) throws {
    for stream: UInt32 in [1, 3] {
      let call = try #require(try peer.take())
      #expect(call.stream == stream)
      #expect(call.payload == [7, 7, 7])
      #expect(call.bearer == (stream == 1 ? "one" : nil))
    }
    // In the other order than they came.
    peer.respond(3, [3])
    peer.respond(1, [1])
    #expect(peer.answer(1).data == message([1]))
    #expect(peer.answer(3).data == message([3]))
    #expect(peer.openCalls == 0)
  }

  @Test func takesBytesInEverySplit() throws {
    let bytes = conversation
    for split in 0...bytes.count {
      let peer = try RawPeer(greets: false)
      try peer.send(Array(bytes[..<split]))
      try peer.send(Array(bytes[split...]))
      try expectBothCalls(peer)
    }
  }

  @Test func takesBytesOneByOne() throws {
    let peer = try RawPeer(greets: false)
    for byte in conversation { try peer.send([byte]) }
    try expectBothCalls(peer)
  }

  @Test func reusesStreams() throws {
    let peer = try RawPeer()
    for round in 0..<300 {
      let stream = UInt32(2 * round + 1)
      let token = round % 3 == 0 ? [("authorization", "Bearer \(round)")] : []
      try peer.headers(stream, RawPeer.unary + token)
      try peer.data(stream, message([UInt8(round % 256)]))
      let call = try #require(try peer.take())
      #expect(call.payload == [UInt8(round % 256)])
      #expect(call.bearer == (round % 3 == 0 ? "\(round)" : nil))
      if round % 2 == 0 {
        peer.respond(stream, [UInt8(round % 256)])
        #expect(peer.answer(stream).data == message([UInt8(round % 256)]))
      } else {
        peer.framing.fail(stream, Status(.notFound, "no \(round)"))
        #expect(peer.answer(stream).field("grpc-message") == "no \(round)")
      }
    }
  }

  @Test(arguments: ["%2Frun%2Fpostern.sock", "/run/postern.sock", "", "localhost", "a b{}", nil])
  func acceptsAnyAuthority(_ authority: String?) throws {
    let peer = try RawPeer()
    var fields = RawPeer.unary.filter { $0.0 != ":authority" }
    if let authority { fields.insert((":authority", authority), at: 1) }
    try peer.headers(1, fields + [("host", authority ?? "/raw")])
    try peer.data(1, message([]))
    #expect(try peer.take()?.method == "Method")
    peer.respond(1, [])
    #expect(peer.answer(1).grpcStatus == .ok)
    #expect(peer.answer(1).data == message([]))
  }

  @Test func forgetsACancelledCall() throws {
    let peer = try RawPeer()
    try peer.headers(1)
    try peer.data(1, message([1]))
    try peer.headers(3)
    try peer.data(3, message([3]))
    try peer.send(HTTP2Frame.reset, stream: 1, bigEndian(8))
    #expect(peer.openCalls == 1)
    #expect(try peer.take()?.stream == 3)
    try peer.send(HTTP2Frame.reset, stream: 3, bigEndian(8))
    #expect(peer.openCalls == 1, "the owner still works on it")
    peer.respond(3, [1])
    #expect(peer.openCalls == 0)
    #expect(peer.answer(3).blocks.isEmpty)
    #expect(try peer.take() == nil)
    try peer.headers(5)
    try peer.data(5, message([5]))
    #expect(try peer.take()?.payload == [5])
    try peer.send(HTTP2Frame.reset, stream: 5, bigEndian(8))
    peer.framing.fail(5, Status(.internalError, "late"))
    #expect(peer.answer(5).blocks.isEmpty)
  }

  @Test func cancellingDoesNotBuyMoreCalls() throws {
    var limits = FramingLimits()
    limits.callsInFlight = 2
    let peer = try RawPeer(limits: limits)
    for stream: UInt32 in [1, 3] {
      try peer.headers(stream)
      try peer.data(stream, message([1]))
      #expect(try peer.take()?.stream == stream)
      try peer.send(HTTP2Frame.reset, stream: stream, bigEndian(8))
    }
    try peer.headers(5)
    #expect(peer.answer(5).resetCode == 7)
    peer.respond(1, [])
    try peer.headers(7)
    try peer.data(7, message([7]))
    #expect(try peer.take()?.stream == 7)
  }

  @Test(
    arguments: [
      ("2S", 2_000_000_000), ("1999069u", 1_999_069_000), ("0n", 0), ("7n", 7),
      ("500m", 500_000_000), ("3M", 180_000_000_000), ("1H", 3_600_000_000_000),
      ("99999999H", Int64.max), ("99999999m", 99_999_999_000_000),
    ] as [(String, Int64)])
  func readsTimeouts(_ text: String, _ nanoseconds: Int64) throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.unary + [("grpc-timeout", text)])
    try peer.data(1, message([]))
    #expect(try peer.take()?.timeoutNanoseconds == nanoseconds)
  }

  @Test(arguments: ["123456789S", "S", "", "1", "1s", "-1S", "1.5S", "1 S", "+1S", "1SS"])
  func refusesTimeouts(_ text: String) throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.unary + [("grpc-timeout", text)], end: true)
    #expect(peer.answer(1).grpcStatus == .invalidArgument)
    #expect(try peer.take() == nil)
  }

  @Test(
    arguments: [
      (["Bearer x"], "x", nil), (["bearer   x=="], "x==", nil),
      (["BEARER a-._~+/9"], "a-._~+/9", nil),
      (["Basic abc"], nil, .credentialMalformed), (["Bearer"], nil, .credentialMalformed),
      ([""], nil, .credentialMalformed),
      (["Bearer x y"], nil, .credentialMalformed), (["Bearerx"], nil, .credentialMalformed),
      (["x"], nil, .credentialMalformed),
      (["Token x"], nil, .credentialMalformed), (["Bearer ="], nil, .credentialMalformed),
      (["Bearer a", "bearer  a"], "a", nil), (["Bearer a", "Bearer b"], nil, .credentialsDiffer),
      (["Bearer a", "Basic a"], nil, .credentialMalformed),
      (["", "Bearer a"], nil, .credentialMalformed),
      (["Bearer a", "Bearer b", "Bearer a"], nil, .credentialsDiffer),
    ] as [([String], String?, Refusal?)])
  func readsCredentials(
    _ values: [String], _ bearer: String?, _ problem: Refusal?
  ) throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.unary + values.map { ("authorization", $0) })
    try peer.data(1, message([]))
    let call = try #require(try peer.take())
    #expect(call.bearer == bearer)
    #expect(call.problem == problem)
  }
}
