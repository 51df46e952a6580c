private typealias Case = ConformanceCase

extension ConformanceCase {
  static let frames = [
    Case("6.1", "DATA on stream 0", .goAway([protocolError])) { try $0.data(0, [1]) },
    Case("6.1", "DATA on a closed stream", .error([streamClosed])) {
      try $0.askAndRead()
      try $0.data(1, [1])
    },
    Case("6.1", "DATA with too much padding", .goAway([protocolError])) {
      try $0.ask(end: false)
      try $0.send(HTTP2Frame.data, flags: 9, stream: 1, [6] + zeros(5))
    },
    Case("6.2", "HEADERS followed by PRIORITY", .goAway([protocolError])) {
      try $0.block(hpack(RawPeer.get), flags: 1)
      try $0.priority(1)
    },
    Case("6.2", "HEADERS followed by another stream's", .goAway([protocolError])) {
      try $0.block(hpack(RawPeer.get), flags: 1)
      try $0.ask(3)
    },
    Case("6.2", "HEADERS on stream 0", .goAway([protocolError])) { try $0.ask(0) },
    Case("6.2", "HEADERS with too much padding", .goAway([protocolError])) {
      try $0.block([100] + hpack(RawPeer.get), flags: 13)
    },
    Case("6.2", "cut HEADERS with too much padding", .goAway([protocolError])) {
      try $0.block([100] + hpack(RawPeer.get), flags: 9)
    },
    Case("6.3", "PRIORITY on stream 0", .goAway([protocolError])) { try $0.priority(0) },
    Case("6.3", "PRIORITY of another length", .error([frameSizeError])) {
      try $0.ask(end: false)
      try $0.send(HTTP2Frame.priority, stream: 1, [0x80, 0, 0, 1])
    },
    Case("6.4", "RST_STREAM on stream 0", .goAway([protocolError])) { try $0.cancel(0) },
    Case("6.4", "RST_STREAM on an idle stream", .goAway([protocolError])) { try $0.cancel(1) },
    Case("6.4", "RST_STREAM of another length", .goAway([frameSizeError])) {
      try $0.ask(end: false)
      try $0.send(HTTP2Frame.reset, stream: 1, zeros(3))
    },
    Case("6.7", "PING", .pong) { try $0.ping() },
    Case("6.7", "PING with ACK", .pong) {
      try $0.ping(flags: 1)
      try $0.ping()
    },
    Case("6.7", "PING on a stream", .goAway([protocolError])) {
      try $0.send(HTTP2Frame.ping, stream: 1, zeros(8))
    },
    Case("6.7", "PING of another length", .goAway([frameSizeError])) {
      try $0.send(HTTP2Frame.ping, zeros(6))
    },
    Case("6.8", "GOAWAY on a stream", .goAway([protocolError])) {
      try $0.send(HTTP2Frame.goAway, stream: 1, zeros(8))
    },
    Case("6.9", "a window opened by 0", .goAway([protocolError])) { try $0.windowUpdate(0, 0) },
    Case("6.9", "a stream's window opened by 0", .error([protocolError])) {
      try $0.ask(end: false)
      try $0.windowUpdate(1, 0)
    },
    Case("6.9", "WINDOW_UPDATE of another length", .goAway([frameSizeError])) {
      try $0.send(HTTP2Frame.windowUpdate, zeros(3))
    },
    Case("6.9.1", "a window of 1", .data(1)) {
      try $0.setting(4, 1)
      try $0.ask()
    },
    Case("6.9.1", "a window past its maximum", .goAway([flowControlError])) {
      for _ in 0..<2 { try $0.windowUpdate(0, 0x7fff_ffff) }
    },
    Case("6.9.1", "a stream's window past its maximum", .error([flowControlError])) {
      try $0.ask(end: false)
      for _ in 0..<2 { try $0.windowUpdate(1, 0x7fff_ffff) }
    },
    Case("6.9.2", "the initial window changed", .data(1)) {
      try $0.setting(4, 0)
      try $0.askAndRead()
      try $0.setting(4, 1)
    },
    Case("6.9.2", "a window below 0", .data(3)) {
      try $0.setting(4, 3)
      try $0.askAndRead()
      try $0.setting(4, 2)
      try $0.windowUpdate(1, 2)
      $0.pump()
      let counts = $0.frames.filter { $0.type == HTTP2Frame.data }.map(\.payload.count)
      guard counts == [3, 1] else { throw Unexpected() }
    },
    Case("6.10", "CONTINUATION, several", .answer) {
      try $0.block(hpack(RawPeer.get), flags: 1)
      for index: UInt8 in 0..<3 {
        let flags: UInt8 = index == 2 ? 4 : 0
        try $0.send(
          HTTP2Frame.continuation, flags: flags, stream: 1, hpack([("x-\(index)", "1")]))
      }
    },
    Case("6.10", "CONTINUATION followed by another frame", .goAway([protocolError])) {
      try $0.block(hpack(RawPeer.get), flags: 1)
      try $0.send(HTTP2Frame.continuation, stream: 1, hpack([("x", "1")]))
      try $0.data(1, [1])
    },
    Case("6.10", "CONTINUATION on stream 0", .goAway([protocolError])) {
      try $0.block(hpack(RawPeer.get), flags: 1)
      try $0.send(HTTP2Frame.continuation, flags: 4, hpack([("x", "1")]))
    },
    Case("6.10", "CONTINUATION behind whole HEADERS", .goAway([protocolError])) {
      try $0.ask(end: false)
      try $0.send(HTTP2Frame.continuation, flags: 4, stream: 1, hpack([("x", "1")]))
    },
    Case("6.10", "CONTINUATION behind CONTINUATION", .goAway([protocolError])) {
      try $0.block(hpack(RawPeer.get), flags: 0)
      for _ in 0..<2 {
        try $0.send(HTTP2Frame.continuation, flags: 4, stream: 1, hpack([("x", "1")]))
      }
    },
    Case("6.10", "CONTINUATION behind DATA", .goAway([protocolError])) {
      try $0.ask(end: false)
      try $0.data(1, [1], end: false)
      try $0.send(HTTP2Frame.continuation, flags: 4, stream: 1, hpack([("x", "1")]))
    },
  ]

  static let settings = [
    Case("6.5", "ACK with a payload", .goAway([frameSizeError])) {
      try $0.send(HTTP2Frame.settings, flags: 1, zeros(6))
    },
    Case("6.5", "SETTINGS on a stream", .goAway([protocolError])) {
      try $0.send(HTTP2Frame.settings, stream: 1)
    },
    Case("6.5", "SETTINGS of another length", .goAway([frameSizeError])) {
      try $0.send(HTTP2Frame.settings, zeros(3))
    },
    Case("6.5.2", "ENABLE_PUSH of 2", .goAway([protocolError])) { try $0.setting(2, 2) },
    Case("6.5.2", "too large a window", .goAway([flowControlError])) { try $0.setting(4, 1 << 31) },
    Case("6.5.2", "too small a frame", .goAway([protocolError])) { try $0.setting(5, 16_383) },
    Case("6.5.2", "too large a frame", .goAway([protocolError])) { try $0.setting(5, 1 << 24) },
    Case("6.5.2", "an unknown setting", .pong) { try $0.setting(0xff, 1) },
    Case("6.5.3", "the last of several values", .data(1)) {
      try $0.send(HTTP2Frame.settings, [0, 4] + bigEndian(100) + [0, 4] + bigEndian(1))
      try $0.ask()
    },
    Case("6.5.3", "an acknowledgement", .acknowledgements(2)) { try $0.setting(5, 16_384) },
  ]

  private struct Unexpected: Error {}
}
