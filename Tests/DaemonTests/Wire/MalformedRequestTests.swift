internal import TestSupport
internal import Testing

/// What RFC 9113 forbids, sent to the daemon: it costs the sender its stream or its
/// connection, and no other peer.
@Suite struct MalformedRequestTests {
  /// The `:authority` of every client in use over a Unix socket.
  @Test func answersAnyAuthority() throws {
    let siege = try Siege()
    let path = siege.daemon.socketPath
    let percents = path.split(separator: "/").joined(separator: "%2F")
    let authorities: [String?] = [
      path, percents, "unix:\(path)", "localhost", "127.0.0.1:50051", "cluster_name", "", "*", nil,
    ]
    let peer = try siege.peer()
    for (index, authority) in authorities.enumerated() {
      var fields = GRPCPeer.headers(of: siege.call).filter { $0.0 != ":authority" }
      if let authority { fields.insert((":authority", authority), at: 0) }
      let stream = UInt32(2 * index + 1)
      try peer.socket.send(
        GRPCPeer.frame(1, flags: 4, stream: stream, GRPCPeer.hpack(fields))
          + GRPCPeer.body(siege.call.payload, stream: stream))
      let outcome = try peer.receive(stream)
      #expect(outcome.payload.first == 0x08, "\(authority ?? "none"): \(outcome)")
    }
    try siege.lift("authorities", growthMaximum: 16 << 20)
  }

  private typealias Fields = [(String, String)]

  /// The cases of section 8.1 as the public conformance tool counts them: 17.
  @Test func resetsWhatHTTPForbids() throws {
    let siege = try Siege()
    let peer = try siege.peer()
    let plain = GRPCPeer.headers(of: siege.call)
    let body = siege.call.payload
    let without = { (name: String) in plain.filter { $0.0 != name } }
    let lists: [(String, Fields)] = [
      ("uppercase", plain + [("X-Test", "1")]), ("unknown pseudo", [(":test", "1")] + plain),
      ("response's pseudo", [(":status", "200")] + plain),
      ("late pseudo", without(":scheme") + [(":scheme", "http")]),
      ("connection", plain + [("connection", "keep-alive")]),
      ("te", without("te") + [("te", "trailers, deflate")]),
      ("empty path", without(":path") + [(":path", "")]), ("no method", without(":method")),
      ("no scheme", without(":scheme")), ("no path", without(":path")),
      ("two methods", [(":method", "POST")] + plain),
      ("two schemes", [(":scheme", "http")] + plain),
      ("two paths", [(":path", "/a.B/C")] + plain),
      ("another length", plain + [("content-length", "1")]),
    ]
    var stream: UInt32 = 1
    func expectReset(_ name: String, _ bytes: (UInt32) -> [UInt8]) throws {
      try peer.socket.send(bytes(stream))
      #expect(throws: FixtureError.self, "\(name)") { try peer.receive(stream) }
      #expect(peer.resets[stream] == 1, "\(name)")
      #expect(try peer.call(siege.call, stream: stream + 2).code == 0, "\(name)")
      try siege.serveBystander()
      stream += 4
    }
    for (name, fields) in lists {
      try expectReset(name) {
        GRPCPeer.frame(1, flags: 4, stream: $0, GRPCPeer.hpack(fields))
          + GRPCPeer.body(body, stream: $0)
      }
    }
    let more = plain + [("content-length", "9999")]
    try expectReset("another length in pieces") {
      GRPCPeer.frame(1, flags: 4, stream: $0, GRPCPeer.hpack(more))
        + GRPCPeer.body(body, stream: $0, size: 7)
    }
    for (name, flags, field) in [("second headers", 4, "x"), ("pseudo in trailers", 5, ":path")]
      as [(String, UInt8, String)]
    {
      try expectReset(name) {
        GRPCPeer.head(siege.call, stream: $0) + GRPCPeer.frame(0, stream: $0, [0, 0, 0, 0, 0])
          + GRPCPeer.frame(1, flags: flags, stream: $0, GRPCPeer.hpack([(field, "y")]))
      }
    }
    try siege.lift("17 malformed requests", growthMaximum: 16 << 20)
  }

  /// What breaks the connection itself ends it, with a reason.
  @Test func endsABrokenConnection() throws {
    let siege = try Siege()
    let head = GRPCPeer.head(siege.call, stream: 1)
    let block = Array(head.dropFirst(9))
    let frame = { (type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8]) in
      GRPCPeer.frame(type, flags: flags, stream: stream, payload)
    }
    let attacks: [(String, [UInt8])] = [
      ("data on stream 0", frame(0, 1, 0, [0])), ("data on an idle stream", frame(0, 1, 9, [0])),
      ("headers on stream 0", frame(1, 5, 0, block)), ("an even stream", frame(1, 5, 2, block)),
      ("a frame too large", frame(0, 0, 1, [UInt8](repeating: 0, count: 16_385))),
      ("padding past the end", head + frame(0, 8, 1, [200, 0])),
      ("a block that is no HPACK", frame(1, 5, 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
      ("an index past the table", frame(1, 5, 1, [0xfe])),
      (
        "another frame within a block",
        frame(1, 0, 1, block) + frame(6, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])
      ),
      ("a continuation of nothing", frame(9, 4, 1, block)),
      ("a reset of an idle stream", frame(3, 0, 9, bigEndian(8))),
      ("a short reset", head + frame(3, 0, 1, [0])),
      ("settings of a stream", frame(4, 0, 1, [])), ("short settings", frame(4, 0, 0, [0, 1, 2])),
      ("an acknowledgement with settings", frame(4, 1, 0, [0, 1, 0, 0, 0, 0])),
      ("a window past 2^31", frame(4, 0, 0, [0, 4] + bigEndian(0x8000_0000))),
      ("a frame size below 16384", frame(4, 0, 0, [0, 5] + bigEndian(1))),
      ("push of 2", frame(4, 0, 0, [0, 2] + bigEndian(2))),
      ("a promise by a client", head + frame(5, 4, 1, bigEndian(2) + block)),
      ("a short ping", frame(6, 0, 0, [0])),
      ("a ping of a stream", frame(6, 0, 1, [0, 0, 0, 0, 0, 0, 0, 0])),
      ("an empty window update", frame(8, 0, 0, bigEndian(0))),
      ("a window's overflow", frame(8, 0, 0, bigEndian(0x7fff_ffff))),
      ("a window update of an idle stream", frame(8, 0, 9, bigEndian(1))),
      ("a short farewell", frame(7, 0, 0, [0])),
    ]
    for (name, bytes) in attacks {
      let peer = try siege.peer()
      try peer.socket.send(bytes)
      peer.readToEnd()
      #expect(peer.goAwayCodes.last ?? 0 != 0, "\(name): \(peer.goAwayCodes)")
      try siege.serveBystander()
    }
    try siege.lift("\(attacks.count) broken connections", growthMaximum: 16 << 20)
  }

  /// What still comes on a stream that its peer has ended: an end of the connection, or where it
  /// was reset, another reset.
  @Test func takesNothingAfterTheEnd() throws {
    let siege = try Siege()
    let head = GRPCPeer.head(siege.call, stream: 1)
    let whole = head + GRPCPeer.body(siege.call.payload, stream: 1)
    let cancelled = head + GRPCPeer.frame(3, stream: 1, bigEndian(8))
    let data = GRPCPeer.frame(0, flags: 1, stream: 1, [0])
    let early = try siege.peer()
    try early.socket.send(whole + data)
    early.readToEnd()
    #expect(early.goAwayCodes.last == 5)
    let continuation = GRPCPeer.frame(9, flags: 4, stream: 1, Array(head.dropFirst(9)))
    for (late, isContent) in [(data, true), (head, true), (continuation, false)] {
      for first in [whole, cancelled] {
        let peer = try siege.peer()
        try peer.socket.send(first)
        if first == whole { #expect(try peer.receive(1).code == 0) }
        try peer.socket.send(late)
        if isContent, first == cancelled {
          #expect(try peer.call(siege.call, stream: 3).code == 0)
          #expect(peer.resets[1] == 5)
        } else {
          peer.readToEnd()
          #expect(peer.goAwayCodes.last == (isContent ? 5 : 1))
        }
      }
    }
    try siege.lift("frames after the end", growthMaximum: 16 << 20)
  }

  /// How a message may be cut into frames, and how it may not.
  @Test func readsMessagesHoweverTheyAreCut() throws {
    let siege = try Siege()
    let peer = try siege.peer()
    let payload = siege.call.payload
    let whole = [0] + bigEndian(UInt32(payload.count)) + payload
    let data = { (stream: UInt32, bytes: [UInt8], flags: UInt8) in
      GRPCPeer.frame(0, flags: flags, stream: stream, bytes)
    }
    // Per byte, with empty frames between and an empty one at the end.
    try peer.socket.send(
      GRPCPeer.head(siege.call, stream: 1)
        + whole.flatMap { data(1, [$0], 0) + data(1, [], 0) } + data(1, [], 1))
    #expect(try peer.receive(1).payload.first == 0x08)
    // Padded, so that half the frame is nothing.
    let padding = [UInt8](repeating: 0, count: 255)
    try peer.socket.send(
      GRPCPeer.head(siege.call, stream: 3) + data(3, [255] + whole + padding, 9))
    #expect(try peer.receive(3).payload.first == 0x08)
    let refusals: [(String, [UInt8], Fields, Int32)] = [
      ("two in one frame", whole + whole, [], 12),
      ("ten in one frame", Array([whole, whole, whole, whole, whole].joined()), [], 12),
      ("nothing", [], [], 12), ("half a prefix", [0, 0], [], 13),
      ("a prefix", Array(whole.prefix(5)), [], 13), ("truncated", Array(whole.dropLast()), [], 13),
      ("a byte more", whole + [0], [], 12),
      ("more than may be", [0, 0x7f, 0xff, 0xff, 0xff], [], 8),
      ("a flag without encoding", [1] + whole.dropFirst(), [], 13),
      ("gzip", [1] + whole.dropFirst(), [("grpc-encoding", "gzip")], 12),
      ("an encoding that no one knows", [1] + whole.dropFirst(), [("grpc-encoding", "x")], 12),
      ("flag 2", [2] + whole.dropFirst(), [], 13), ("flag 255", [255] + whole.dropFirst(), [], 13),
    ]
    var stream: UInt32 = 5
    for (name, bytes, fields, code) in refusals {
      let list = GRPCPeer.headers(of: siege.call) + fields
      try peer.socket.send(
        GRPCPeer.frame(1, flags: 4, stream: stream, GRPCPeer.hpack(list)) + data(stream, bytes, 1))
      let outcome = try peer.receive(stream)
      #expect(outcome.code == code, "\(name): \(outcome)")
      stream += 2
    }
    // An encoding that is named and not used is no reason to refuse.
    let list = GRPCPeer.headers(of: siege.call) + [("grpc-encoding", "gzip")]
    try peer.socket.send(
      GRPCPeer.frame(1, flags: 4, stream: stream, GRPCPeer.hpack(list)) + data(stream, whole, 1))
    #expect(try peer.receive(stream).payload.first == 0x08)
    try siege.lift("messages", growthMaximum: 16 << 20)
  }
}
