private typealias Case = ConformanceCase

extension ConformanceCase {
  /// Fields that a request must not have, or lacks.
  private static func malformed(
    _ section: String, _ name: String, _ fields: [(String, String)]
  ) -> ConformanceCase {
    Case(section, name, .error([protocolError])) { try $0.headers(1, fields, end: true) }
  }

  static let messages =
    [
      Case("7", "GOAWAY with an unknown code", .pongOrEnd) {
        try $0.send(HTTP2Frame.goAway, zeros(4) + bigEndian(0xff))
      },
      Case("7", "RST_STREAM with an unknown code", .pong) {
        try $0.ask(end: false)
        try $0.send(HTTP2Frame.reset, stream: 1, bigEndian(0xff))
      },
      Case("8.1", "second HEADERS that do not end", .error([protocolError])) {
        try $0.ask(end: false)
        try $0.data(1, [1], end: false)
        try $0.headers(1, [("x", "1")])
      },
      Case("8.1.1", "another length than promised", .error([protocolError])) {
        try $0.ask(end: false, [("content-length", "1")])
        try $0.data(1, zeros(4))
      },
      Case("8.1.1", "another length in several frames", .error([protocolError])) {
        try $0.ask(end: false, [("content-length", "1")])
        for index in 0..<2 { try $0.data(1, zeros(4), end: index == 1) }
      },
      Case("8.3", "a pseudo-header in trailers", .error([protocolError])) {
        try $0.ask(end: false)
        try $0.headers(1, [(":method", "GET")], end: true)
      },
      Case("8.4", "PUSH_PROMISE", .goAway([protocolError])) {
        try $0.send(5, flags: 4, stream: 1, bigEndian(3) + hpack(RawPeer.get))
      },
    ] + [
      malformed("8.2.1", "an uppercase name", RawPeer.get + [("X-TEST", "1")]),
      malformed("8.2.2", "connection", RawPeer.get + [("connection", "keep-alive")]),
      malformed("8.2.2", "te", RawPeer.get + [("trailers", "1"), ("te", "trailers, deflate")]),
      malformed("8.3", "an unknown pseudo-header", [(":test", "1")] + RawPeer.get),
      malformed("8.3", "a response's pseudo-header", [(":status", "200")] + RawPeer.get),
      malformed("8.3", "a pseudo-header behind a field", [("x", "1")] + RawPeer.get),
      malformed("8.3.1", "an empty path", RawPeer.get(":path", "")),
      malformed("8.3.1", "no method", RawPeer.get(":method", nil)),
      malformed("8.3.1", "no scheme", RawPeer.get(":scheme", nil)),
      malformed("8.3.1", "no path", RawPeer.get(":path", nil)),
      malformed("8.3.1", "two methods", [(":method", "GET")] + RawPeer.get),
      malformed("8.3.1", "two schemes", [(":scheme", "http")] + RawPeer.get),
      malformed("8.3.1", "two paths", [(":path", "/")] + RawPeer.get),
    ]

  private static func invalid(
    _ section: String, _ name: String, _ bytes: [UInt8]
  ) -> ConformanceCase {
    Case("hpack \(section)", name, .goAway([compressionError])) {
      try $0.block(hpack(RawPeer.get) + bytes)
    }
  }

  static let compression = [
    invalid("2.3.3", "an index past the tables", [0xff, 0]),
    invalid("2.3.3", "a name's index past the tables", [0x7f, 0x80, 0x01, 1, 0x31]),
    invalid("4.2", "a table's size behind fields", [0x21]),
    invalid("5.2", "padding of more than 7 bits", [0x40, 1, 0x78, 0x82, 0x1f, 0xff]),
    invalid("5.2", "padding with zeros", [0x40, 1, 0x78, 0x81, 0x18]),
    invalid("5.2", "an end of text", [0x40, 1, 0x78, 0x84, 0xff, 0xff, 0xff, 0xff]),
    invalid("6.1", "index 0", [0x80]),
    Case("hpack 6.3", "a table's size past the limit", .goAway([compressionError])) {
      try $0.block([0x3f, 0xe2, 0x1f] + hpack(RawPeer.get))
    },
  ]
}
