internal import Messages
internal import TestSupport
internal import Testing

/// Peers that open streams to take more than their share.
@Suite struct HostileStreamTests {
  static let file = Encoding.field(3, "postern/v1/token_service.proto")
  static let list = Encoding.field(7, "*")

  /// A message of gRPC in frames, or the beginning of it.
  static func frames(
    _ payload: [UInt8], on stream: UInt32, upTo maximum: Int = .max
  ) -> [UInt8] {
    let message = Array(([0] + bigEndian(UInt32(payload.count)) + payload).prefix(maximum))
    var bytes: [UInt8] = []
    for start in Swift.stride(from: 0, to: message.count, by: 16_384) {
      let part = Array(message[start..<min(start + 16_384, message.count)])
      bytes += GRPCPeer.frame(0, stream: stream, part)
    }
    return bytes
  }

  /// The start of a conversation, of either protocol.
  static func conversation(_ kind: PeerKind, _ stream: UInt32) -> [UInt8] {
    switch kind {
    case .grpc: GRPCPeer.head(StreamTests.reflection, stream: stream)
    case .ttrpc:
      TTRPCPeer.frame(TTRPCPeer.request(StreamTests.reflection), stream: stream, flags: 2)
    }
  }

  static func message(_ kind: PeerKind, _ payload: [UInt8], on stream: UInt32) -> [UInt8] {
    switch kind {
    case .grpc: frames(payload, on: stream)
    case .ttrpc: TTRPCPeer.frame(payload, stream: stream, type: 3)
    }
  }

  @Test(arguments: PeerKind.allCases) func takesMessagesByteByByte(kind: PeerKind) throws {
    let siege = try Siege()
    let peer = try kind.connect(siege.daemon)
    var bytes = Self.conversation(kind, 1)
    for _ in 0..<3 { bytes += Self.message(kind, Self.file, on: 1) }
    for byte in bytes { try peer.socket.send([byte]) }
    for _ in 0..<3 { #expect(try #require(try peer.next(1).message).count > 1000) }
    try peer.endMessages(on: 1)
    #expect(try peer.next(1).outcome?.code == 0)
    try siege.lift("messages byte by byte, \(kind)", growthMaximum: 16 << 20)
  }

  /// A peer takes no answer, and asks on as many streams as there can be. What the daemon holds of
  /// its questions and answers is bounded, on each stream and on all.
  @Test(arguments: PeerKind.allCases) func boundsFloodsOfQuestions(kind: PeerKind) throws {
    let siege = try Siege()
    let socket = try RawSocket(siege.daemon)
    // No window on any stream.
    var bytes =
      kind == .grpc ? GRPCPeer.preface + GRPCPeer.frame(4, [0, 4] + bigEndian(0)) : []
    for index in 0..<900 {
      let stream = UInt32(2 * index + 1)
      bytes += Self.conversation(kind, stream)
      for _ in 0..<300 { bytes += Self.message(kind, Self.file, on: stream) }
    }
    _ = try socket.pour(bytes, isDeaf: true)
    try siege.serveBystander()
    #expect(try siege.growthBytes() < 64 << 20)
    try siege.lift("questions without end, \(kind)", growthMaximum: 64 << 20)
    withExtendedLifetime(socket) {}
  }

  /// Messages as large as they may be, on streams that have no room for the answers.
  @Test(arguments: PeerKind.allCases) func boundsMessagesThatWait(kind: PeerKind) throws {
    let siege = try Siege()
    let socket = try RawSocket(siege.daemon)
    var bytes =
      kind == .grpc ? GRPCPeer.preface + GRPCPeer.frame(4, [0, 4] + bigEndian(0)) : []
    let (deaf, large) = kind == .grpc ? (300, 200_000) : (1, 1 << 20)
    for index in 0..<deaf {
      let stream = UInt32(2 * index + 1)
      bytes += Self.conversation(kind, stream)
      for _ in 0..<(kind == .grpc ? 30 : 400) {
        bytes += Self.message(kind, Self.file, on: stream)
      }
    }
    _ = try socket.pour(bytes, isDeaf: true)
    let before = try siege.growthBytes()
    let payload = [UInt8](repeating: 0x7f, count: large)
    for index in deaf..<deaf + 600 {
      let stream = UInt32(2 * index + 1)
      let last = Self.conversation(kind, stream) + Self.message(kind, payload, on: stream)
      if try socket.pour(last, isDeaf: true) < last.count { break }
    }
    try siege.serveBystander()
    let growth = try siege.growthBytes() - before
    #expect(growth < 48 << 20, "\(growth) bytes")
    try siege.lift("large messages that wait, \(kind)", growthMaximum: 96 << 20)
    withExtendedLifetime(socket) {}
  }

  /// What all peers together make the daemon hold by streams is within `--max-buffer-bytes`.
  @Test(arguments: PeerKind.allCases) func allTogetherAreBounded(kind: PeerKind) throws {
    let siege = try Siege(["--workers", "1", "--max-buffer-bytes", "\(48 << 20)"])
    var sockets: [RawSocket] = []
    let payload = [UInt8](repeating: 0x7f, count: 200_000)
    for _ in 0..<8 {
      let socket = try RawSocket(siege.daemon)
      var bytes =
        kind == .grpc ? GRPCPeer.preface + GRPCPeer.frame(4, [0, 4] + bigEndian(0)) : []
      for index in 0..<40 {
        let stream = UInt32(2 * index + 1)
        bytes += Self.conversation(kind, stream)
        for _ in 0..<100 { bytes += Self.message(kind, Self.file, on: stream) }
      }
      for index in 40..<140 {
        let stream = UInt32(2 * index + 1)
        bytes += Self.conversation(kind, stream)
        // Where that would be judged at once, half of it never comes.
        bytes +=
          kind == .grpc
          ? Self.frames(payload, on: stream, upTo: 100_000)
          : Self.message(kind, payload, on: stream)
      }
      _ = try socket.pour(bytes, isDeaf: true)
      sockets.append(socket)
      try siege.serveBystander()
    }
    let text = try StreamTests.metrics(siege.daemon)
    let held = BufferLimitTests.sample("postern_buffer_bytes", text) ?? .max
    #expect(held <= 48 << 20)
    #expect(held > 1 << 20)
    #expect(text.contains(#"reason="max-buffer-bytes"}"#))
    try siege.lift("8 peers past max-buffer-bytes, \(kind)", growthMaximum: 96 << 20)
    withExtendedLifetime(sockets) {}
  }

  /// Unread watches, to each of which every change is sent.
  @Test(arguments: PeerKind.allCases) func boundsWatches(kind: PeerKind) throws {
    let siege = try Siege()
    let socket = try RawSocket(siege.daemon)
    var bytes =
      kind == .grpc ? GRPCPeer.preface + GRPCPeer.frame(4, [0, 4] + bigEndian(0)) : []
    let watch = WireCall(
      service: "postern.v1.WatchService", method: "Watch",
      payload: Encoding.field(1, integer: 1))
    for index in 0..<1000 {
      let stream = UInt32(2 * index + 1)
      switch kind {
      case .grpc:
        bytes += GRPCPeer.head(watch, stream: stream)
        bytes += GRPCPeer.body(watch.payload, stream: stream)
      case .ttrpc: bytes += TTRPCPeer.frame(TTRPCPeer.request(watch), stream: stream, flags: 1)
      }
    }
    _ = try socket.pour(bytes, isDeaf: true)
    let client = try siege.daemon.client()
    for index in 0..<200 { try client.invite("user-\(index)", to: "acme") }
    try siege.serveBystander()
    try siege.lift("1,000 unread watches, \(kind)", growthMaximum: 64 << 20)
    withExtendedLifetime(socket) {}
  }

  /// A stream that is not read waits alone.
  @Test func aSlowReaderStallsItsStreamOnly() throws {
    let siege = try Siege()
    let peer = try GRPCPeer(siege.daemon, window: 0)
    for stream in [1, 3, 5, 7] as [UInt32] {
      try peer.openSending(StreamTests.reflection, stream: stream)
      if stream > 1 { try peer.openWindow(of: stream, by: 1 << 24) }
    }
    for _ in 0..<300 { try peer.sendMessage(Self.file, on: 1) }
    for _ in 0..<100 {
      for stream in [3, 5, 7] as [UInt32] { try peer.sendMessage(Self.file, on: stream) }
      for stream in [3, 5, 7] as [UInt32] { #expect(try peer.next(stream).message != nil) }
    }
    #expect(peer.takeMessage(of: 1) == nil)
    // It goes on where it stood, as far as its reader lets it.
    try peer.openWindow(of: 1, by: 1 << 24)
    for _ in 0..<300 { #expect(try peer.next(1).message != nil) }
    for stream in [1, 3, 5, 7] as [UInt32] {
      try peer.endMessages(on: stream)
      #expect(try peer.next(stream).outcome?.code == 0)
    }
    try siege.lift("a stream that is not read", growthMaximum: 16 << 20)
  }

  /// Whatever has been said, a peer may die: its streams and what they held go with it.
  @Test(arguments: PeerKind.allCases) func outlivesDeathAtAnyPoint(kind: PeerKind) throws {
    let siege = try Siege()
    var random = SplitMix64(seed: 0x5eed)
    let revoke = WireCall(method: "RevokeTokens", payload: Encoding.field(1, "other"))
    var script = kind == .grpc ? GRPCPeer.preface + GRPCPeer.settings : []
    for (stream, call) in [(1, StreamTests.healthWatch), (3, revoke)] as [(UInt32, WireCall)] {
      switch kind {
      case .grpc:
        script += GRPCPeer.head(call, stream: stream)
        script += GRPCPeer.body(call.payload, stream: stream)
      case .ttrpc: script += TTRPCPeer.frame(TTRPCPeer.request(call), stream: stream, flags: 1)
      }
    }
    for stream in [5, 7, 9] as [UInt32] { script += Self.conversation(kind, stream) }
    for _ in 0..<20 {
      for stream in [5, 7, 9] as [UInt32] { script += Self.message(kind, Self.file, on: stream) }
    }
    for _ in 0..<200 {
      let socket = try RawSocket(siege.daemon)
      let count = Int.random(in: 1...script.count, using: &random)
      let split = Int.random(in: 0...count, using: &random)
      try socket.send(Array(script[..<split]))
      if Bool.random(using: &random) { try socket.readAtHand() }
      try socket.send(Array(script[split..<count]))
      if Bool.random(using: &random) { try socket.readAtHand() }
      if Bool.random(using: &random) { try socket.finishSending() }
    }
    let client = try siege.daemon.client()
    // The bystander and the asking client stay.
    try client.waitForConnections(atMost: 2)
    let text = try StreamTests.metrics(siege.daemon)
    #expect(BufferLimitTests.sample("postern_buffer_bytes", text) == 0)
    try siege.lift("death on a stream × 200, \(kind)", growthMaximum: 24 << 20)
  }
}
