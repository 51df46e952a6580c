internal import GRPC
internal import RPC
internal import Testing

private typealias Case = ConformanceCase

/// What RFC 9113 and RFC 7541 ask of a server, section by section: the cases that public suites
/// check. Every GOAWAY for an error says why in words.
@Suite struct ConformanceTests {
  @Test(arguments: ConformanceCase.use + ConformanceCase.hpackUse) func serves(
    _ one: ConformanceCase
  ) throws {
    try one.check()
  }

  @Test(arguments: ConformanceCase.framing + ConformanceCase.streams)
  func keepsStreams(_ one: ConformanceCase) throws { try one.check() }

  @Test(arguments: ConformanceCase.frames + ConformanceCase.settings)
  func keepsFrames(_ one: ConformanceCase) throws { try one.check() }

  @Test(arguments: ConformanceCase.messages + ConformanceCase.compression)
  func keepsMessages(_ one: ConformanceCase) throws { try one.check() }

  /// Each case again, byte by byte: a frame's header is judged however it is cut.
  @Test(arguments: ConformanceCase.streams + ConformanceCase.frames)
  func cutAnywhere(_ one: ConformanceCase) throws {
    try ConformanceCase(one.section, one.name, one.expected, greets: one.greets) { peer in
      peer.sendsByteByByte = true
      try one.run(peer)
    }.check()
  }
}

extension ConformanceCase {
  static let framing = [
    Case("3.4", "a preface", .acknowledgements(1)) { _ in },
    Case("3.4", "another preface", .goAway([protocolError]), greets: false) {
      try $0.send(Array("INVALID CONNECTION PREFACE\r\n\r\n".utf8))
    },
    Case("4.1", "an unknown type", .pong) { try $0.send(0x16, [0, 0]) },
    Case("4.1", "undefined flags", .pong) { try $0.ping(flags: 0x16) },
    Case("4.1", "the reserved bit", .pong) {
      try $0.send(HTTP2Frame.ping, stream: 1 << 31, zeros(8))
    },
    Case("4.2", "DATA of 16,384 bytes", .answer) {
      try $0.ask(end: false)
      try $0.data(1, zeros(16_384))
    },
    Case("4.2", "DATA too large", .error([frameSizeError])) {
      try $0.ask(end: false)
      try $0.data(1, zeros(16_385))
    },
    Case("4.2", "HEADERS too large", .error([frameSizeError])) {
      try $0.ask(1, [("x-dummy", String(repeating: "x", count: 17_000))])
    },
    Case("4.3", "an invalid block", .goAway([compressionError])) {
      try $0.send(HTTP2Frame.headers, flags: 5, stream: 1, [0x40])
    },
    Case("4.3", "PRIORITY inside a block", .goAway([protocolError])) {
      try $0.block(hpack(RawPeer.get), flags: 1)
      try $0.priority(1)
      try $0.send(HTTP2Frame.continuation, flags: 4, stream: 1, hpack([("x", "1")]))
    },
    Case("4.3", "another stream inside a block", .goAway([protocolError])) {
      try $0.block(hpack(RawPeer.get), flags: 1)
      try $0.ask(3)
    },
    Case("5.4.1", "a bad PING ends the connection", .goAway([frameSizeError])) {
      try $0.send(HTTP2Frame.ping, zeros(4))
    },
    Case("5.5", "an unknown frame", .pong) { try $0.send(0xff, zeros(8)) },
    Case("5.5", "an unknown frame inside a block", .goAway([protocolError])) {
      try $0.block(hpack(RawPeer.get), flags: 1)
      try $0.send(0xff, zeros(8))
    },
  ]

  static let streams = [
    Case("5.1", "idle: DATA", .goAway([protocolError])) { try $0.data(1, [1]) },
    Case("5.1", "idle: RST_STREAM", .goAway([protocolError])) { try $0.cancel(1) },
    Case("5.1", "idle: WINDOW_UPDATE", .goAway([protocolError])) { try $0.windowUpdate(1, 100) },
    Case("5.1", "idle: CONTINUATION", .goAway([protocolError])) {
      try $0.send(HTTP2Frame.continuation, flags: 4, stream: 1, hpack(RawPeer.get))
    },
    Case("5.1", "half-closed: DATA", .error([streamClosed])) {
      try $0.ask()
      try $0.data(1, [1])
    },
    Case("5.1", "half-closed: HEADERS", .error([streamClosed])) {
      try $0.ask()
      try $0.ask()
    },
    Case("5.1", "half-closed: CONTINUATION", .error([streamClosed, protocolError])) {
      try $0.ask()
      try $0.send(HTTP2Frame.continuation, flags: 4, stream: 1, hpack(RawPeer.get))
    },
    Case("5.1", "after RST_STREAM: DATA", .error([streamClosed])) {
      try $0.ask(end: false)
      try $0.cancel(1)
      try $0.data(1, [1])
    },
    Case("5.1", "after RST_STREAM: HEADERS", .error([streamClosed])) {
      try $0.ask(end: false)
      try $0.cancel(1)
      try $0.ask()
    },
    Case("5.1", "after RST_STREAM: CONTINUATION", .error([streamClosed, protocolError])) {
      try $0.ask(end: false)
      try $0.cancel(1)
      try $0.send(HTTP2Frame.continuation, flags: 4, stream: 1, hpack(RawPeer.get))
    },
    Case("5.1", "closed: DATA", .goAway([streamClosed])) {
      try $0.askAndRead()
      try $0.data(1, [1])
    },
    Case("5.1", "closed: HEADERS", .goAway([streamClosed])) {
      try $0.askAndRead()
      try $0.ask()
    },
    Case("5.1", "closed: CONTINUATION", .goAway([streamClosed, protocolError])) {
      try $0.askAndRead()
      try $0.send(HTTP2Frame.continuation, flags: 4, stream: 1, hpack(RawPeer.get))
    },
    Case("5.1.1", "an even id", .goAway([protocolError])) { try $0.ask(2) },
    Case("5.1.1", "a lower id", .goAway([protocolError])) {
      try $0.ask(5)
      try $0.ask(3)
    },
    Case("5.1.1", "HEADERS on a half-closed stream", .error([streamClosed])) {
      try $0.ask(5)
      try $0.ask(5)
    },
    Case("5.1.2", "too many streams", .error([refusedStream])) {
      try $0.acknowledge()
      try $0.setting(4, 0)
      for stream in stride(from: UInt32(1), through: 2049, by: 2) { try $0.ask(stream) }
    },
    Case("5.3.1", "HEADERS that depend on themselves", .error([protocolError])) {
      try $0.block(bigEndian(1) + [255] + hpack(RawPeer.get), flags: 0x25)
    },
    Case("5.3.1", "PRIORITY that depends on itself", .error([protocolError])) {
      try $0.priority(1, on: 1)
    },
  ]
}

func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
