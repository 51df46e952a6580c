internal import GRPC
internal import RPC
internal import Testing

/// What RFC 9113, section 8, forbids is reset with PROTOCOL_ERROR, and the connection goes on.
@Suite struct HTTPRulesTests {
  struct Malformed: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var added: [(String, String)] = []
    var removed = ""
    var first: [(String, String)] = []
  }

  private static let cases = [
    Malformed(testDescription: "uppercase name", added: [("X-Test", "1")]),
    Malformed(testDescription: "unknown pseudo-header", first: [(":test", "1")]),
    Malformed(testDescription: "response's pseudo-header", first: [(":status", "200")]),
    Malformed(
      testDescription: "pseudo-header after a field", added: [(":scheme", "http")],
      removed: ":scheme"),
    Malformed(testDescription: "connection", added: [("connection", "keep-alive")]),
    Malformed(testDescription: "keep-alive", added: [("keep-alive", "1")]),
    Malformed(testDescription: "proxy-connection", added: [("proxy-connection", "close")]),
    Malformed(testDescription: "transfer-encoding", added: [("transfer-encoding", "chunked")]),
    Malformed(testDescription: "upgrade", added: [("upgrade", "h2c")]),
    Malformed(testDescription: "te", added: [("te", "trailers, deflate")], removed: "te"),
    Malformed(testDescription: "empty path", removed: ":path", first: [(":path", "")]),
    Malformed(testDescription: "no method", removed: ":method"),
    Malformed(testDescription: "no scheme", removed: ":scheme"),
    Malformed(testDescription: "no path", removed: ":path"),
    Malformed(testDescription: "two methods", first: [(":method", "POST")]),
    Malformed(testDescription: "two schemes", first: [(":scheme", "http")]),
    Malformed(testDescription: "two paths", first: [(":path", "/pkg.Service/Method")]),
    Malformed(testDescription: "two authorities", first: [(":authority", "a")]),
    Malformed(testDescription: "a length that is none", added: [("content-length", "1x")]),
    Malformed(
      testDescription: "two lengths", added: [("content-length", "5"), ("content-length", "5")]),
    Malformed(testDescription: "an empty name", added: [("", "1")]),
    Malformed(testDescription: "a space in a name", added: [("a b", "1")]),
    Malformed(testDescription: "a NUL in a value", added: [("a", "x\0y")]),
    Malformed(testDescription: "a line end in a value", added: [("a", "x\r\ny")]),
  ]

  @Test(arguments: cases) func resetsMalformedFields(_ malformed: Malformed) throws {
    let peer = try RawPeer()
    let fields =
      malformed.first + RawPeer.unary.filter { $0.0 != malformed.removed } + malformed.added
    try peer.headers(1, fields)
    try peer.data(1, message([]))
    #expect(try peer.take() == nil)
    try expectReset(peer)
  }

  private func expectReset(_ peer: RawPeer) throws {
    let answer = peer.answer(1)
    #expect(answer.resetCode == 1)
    #expect(answer.blocks.isEmpty)
    #expect(peer.openCalls == 0)
    try peer.headers(3)
    try peer.data(3, message([3]))
    #expect(try peer.take()?.payload == [3])
  }

  @Test(arguments: [(6, 7), (8, 7), (0, 7), (6, 0)])
  func resetsAnotherLengthThanPromised(_ promised: Int, _ sent: Int) throws {
    let peer = try RawPeer()
    try peer.headers(
      1, RawPeer.unary + [("content-length", "\(promised)")], end: sent == 0)
    if sent > 0 {
      let whole = message([UInt8](repeating: 1, count: sent - 5))
      try peer.data(1, Array(whole.prefix(4)), end: false)
      try peer.data(1, Array(whole.dropFirst(4)))
    }
    #expect(try peer.take() == nil)
    try expectReset(peer)
  }

  @Test func acceptsThePromisedLength() throws {
    let peer = try RawPeer()
    try peer.headers(1, RawPeer.unary + [("content-length", "7")])
    try peer.data(1, message([1, 2]))
    #expect(try peer.take()?.payload == [1, 2])
  }

  @Test func resetsSecondHeadersThatDoNotEnd() throws {
    let peer = try RawPeer()
    try peer.headers(1)
    try peer.data(1, message([]), end: false)
    try peer.headers(1, [("x-test", "1")])
    #expect(try peer.take() == nil)
    try expectReset(peer)
  }

  @Test(arguments: [
    ":method", ":status", "X-Upper", "connection", "authorization", "x-sf-token", "bearer",
  ])
  func resetsTrailersWith(_ name: String) throws {
    let peer = try RawPeer()
    try peer.headers(1)
    try peer.data(1, message([]), end: false)
    try peer.headers(1, [(name, "POST")], end: true)
    #expect(try peer.take() == nil)
    try expectReset(peer)
  }

  @Test func acceptsTrailers() throws {
    let peer = try RawPeer()
    try peer.headers(1)
    try peer.data(1, message([4]), end: false)
    try peer.headers(1, [("x-test", "1")], end: true)
    #expect(try peer.take()?.payload == [4])
  }
}
