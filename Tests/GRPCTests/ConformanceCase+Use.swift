private typealias Case = ConformanceCase

extension ConformanceCase {
  static let use = [
    Case("use", "a preface", .acknowledgements(1)) { _ in },
    Case("use", "PRIORITY on an idle stream", .pong) { try $0.priority(1) },
    Case("use", "WINDOW_UPDATE on a half-closed stream", .data(1)) {
      try $0.setting(4, 0)
      try $0.askAndRead()
      try $0.windowUpdate(1, 1)
    },
    Case("use", "PRIORITY on a half-closed stream", .data(1)) {
      try $0.setting(4, 0)
      try $0.askAndRead()
      try $0.priority(1)
      try $0.windowUpdate(1, 1)
    },
    Case("use", "RST_STREAM on a half-closed stream", .pong) {
      try $0.ask()
      try $0.cancel(1)
    },
    Case("use", "PRIORITY on a closed stream", .pong) {
      try $0.askAndRead()
      try $0.priority(1)
    },
    Case("use", "WINDOW_UPDATE on a closed stream", .pong) {
      try $0.askAndRead()
      try $0.windowUpdate(1, 1)
    },
    Case("use", "DATA", .answer) {
      try $0.ask(end: false)
      try $0.data(1, [1])
    },
    Case("use", "DATA, several", .answer) {
      try $0.ask(end: false)
      for index in 0..<3 { try $0.data(1, [1], end: index == 2) }
    },
    Case("use", "DATA with padding", .answer) {
      try $0.ask(end: false)
      try $0.send(HTTP2Frame.data, flags: 9, stream: 1, [5, 1] + zeros(5))
    },
    Case("use", "HEADERS", .answer) { try $0.ask() },
    Case("use", "HEADERS with padding", .answer) {
      try $0.block([5] + hpack(RawPeer.get) + zeros(5), flags: 13)
    },
    Case("use", "HEADERS with a priority", .answer) {
      try $0.block(bigEndian(0) + [255] + hpack(RawPeer.get), flags: 0x25)
    },
    Case("use", "cut HEADERS with padding and a priority", .answer) {
      try $0.block([5] + bigEndian(0) + [255] + hpack(RawPeer.get) + zeros(5), flags: 0x29)
      try $0.send(HTTP2Frame.continuation, flags: 4, stream: 1, hpack([("x", "1")]))
    },
    Case("use", "PRIORITY of 1", .answer) { try prioritized($0, weight: 0) },
    Case("use", "PRIORITY of 256", .answer) { try prioritized($0, weight: 255) },
    Case("use", "PRIORITY on another stream", .answer) { try prioritized($0, on: 3) },
    Case("use", "exclusive PRIORITY", .answer) { try prioritized($0, on: 3 | 1 << 31) },
    Case("use", "PRIORITY on a later stream", .answer) {
      try $0.priority(5)
      try $0.ask()
    },
    Case("use", "RST_STREAM", .pong) {
      try $0.ask(end: false)
      try $0.cancel(1)
    },
    Case("use", "SETTINGS", .acknowledgements(2)) { try $0.setting(3, 100) },
    Case("use", "PING", .pong) { _ in },
    Case("use", "GOAWAY", .pongOrEnd) { try $0.send(HTTP2Frame.goAway, zeros(8)) },
    Case("use", "WINDOW_UPDATE on the connection", .answer) {
      try $0.windowUpdate(0, 1)
      try $0.ask()
    },
    Case("use", "WINDOW_UPDATE on a stream", .answer) {
      try $0.ask(end: false)
      try $0.windowUpdate(1, 1)
      try $0.data(1, [1])
    },
    Case("use", "CONTINUATION", .answer) {
      try $0.block(hpack(RawPeer.get), flags: 1)
      try $0.send(HTTP2Frame.continuation, flags: 4, stream: 1, hpack([("x", "1")]))
    },
    Case("use", "CONTINUATION, several", .answer) {
      try $0.block(hpack(RawPeer.get), flags: 1)
      try $0.send(HTTP2Frame.continuation, stream: 1, hpack([("x", "1")]))
      try $0.send(HTTP2Frame.continuation, flags: 4, stream: 1, hpack([("y", "1")]))
    },
    Case("use", "GET", .answer) { try $0.ask() },
    Case("use", "HEAD", .answer) { try $0.headers(1, RawPeer.get(":method", "HEAD"), end: true) },
    Case("use", "POST", .answer) {
      try $0.headers(1, RawPeer.get(":method", "POST"))
      try $0.data(1, [1])
    },
    Case("use", "POST with trailers", .answer) {
      try $0.headers(1, RawPeer.get(":method", "POST"))
      try $0.data(1, [1], end: false)
      try $0.headers(1, [("x", "1")], end: true)
    },
  ]

  private static func prioritized(
    _ peer: RawPeer, on other: UInt32 = 0, weight: UInt8 = 100
  ) throws {
    try peer.priority(1, on: other, weight: weight)
    try peer.ask()
  }

  private static func fields(_ name: String, _ bytes: [UInt8]) -> ConformanceCase {
    Case("hpack use", name, .answer) { try $0.block(hpack(RawPeer.get) + bytes) }
  }

  /// `user-agent` has index 58 among the fixed names; `a` in Huffman's code is `0x1f`.
  static let hpackUse = [
    Case("hpack use", "indexed fields", .answer) {
      try $0.block([0x82, 0x86, 0x84] + hpack([(":authority", "a")]))
    },
    fields("kept, indexed name", [0x7a, 1, 0x61]),
    fields("kept, indexed name, Huffman", [0x7a, 0x81, 0x1f]),
    fields("kept, new name", [0x40, 1, 0x62, 1, 0x61]),
    fields("kept, new name, Huffman", [0x40, 0x81, 0x1f, 0x81, 0x1f]),
    fields("not kept, indexed name", [0x0f, 0x2b, 1, 0x61]),
    fields("not kept, indexed name, Huffman", [0x0f, 0x2b, 0x81, 0x1f]),
    fields("not kept, new name", [0x00, 1, 0x62, 1, 0x61]),
    fields("not kept, new name, Huffman", [0x00, 0x81, 0x1f, 0x81, 0x1f]),
    fields("never kept, indexed name", [0x1f, 0x2b, 1, 0x61]),
    fields("never kept, indexed name, Huffman", [0x1f, 0x2b, 0x81, 0x1f]),
    fields("never kept, new name", [0x10, 1, 0x62, 1, 0x61]),
    fields("never kept, new name, Huffman", [0x10, 0x81, 0x1f, 0x81, 0x1f]),
    Case("hpack use", "a table's size", .answer) { try $0.block([0x21] + hpack(RawPeer.get)) },
    Case("hpack use", "a table's size, twice", .answer) {
      try $0.block([0x20, 0x21] + hpack(RawPeer.get))
    },
  ]
}
