internal import Messages
internal import PosternClient
internal import RPC
internal import TestSupport
internal import Testing

/// A connection of either protocol.
enum PeerKind: CaseIterable {
  case ttrpc, grpc

  func connect(_ daemon: Daemon) throws -> any StreamPeer {
    switch self {
    case .ttrpc: try TTRPCPeer(daemon)
    case .grpc: try GRPCPeer(daemon)
    }
  }
}

/// Calls that stream, by what every one of them has to do.
@Suite struct StreamTests {
  static let healthWatch = WireCall(service: "grpc.health.v1.Health", method: "Watch")
  static let reflection = WireCall(
    service: "grpc.reflection.v1.ServerReflection", method: "ServerReflectionInfo")

  @Test(arguments: PeerKind.allCases) func healthIsWatchedUntilTheEnd(kind: PeerKind) throws {
    let daemon = try Daemon()
    let peer = try kind.connect(daemon)
    try peer.open(Self.healthWatch, stream: 1)
    #expect(try peer.next(1) == .message([0x08, 1]))
    var unknown = Self.healthWatch
    unknown.payload = Encoding.field(1, "no.Service")
    try peer.open(unknown, stream: 3)
    #expect(try peer.next(3) == .message([0x08, 3]))
    daemon.process.signal(15)
    #expect(try peer.next(1) == .message([0x08, 2]))
    #expect(try peer.next(1).outcome?.code == 14)
    #expect(try peer.next(1 + 2).outcome?.reason == "DRAINING")
    #expect(try daemon.process.wait() == .exited(0))
  }

  @Test(arguments: PeerKind.allCases) func answersMessageByMessage(kind: PeerKind) throws {
    let daemon = try Daemon()
    let peer = try kind.connect(daemon)
    try peer.openSending(Self.reflection, stream: 1)
    let names = ["postern/v1/token.proto", "no.proto", "google/protobuf/any.proto"]
    for name in names { try peer.sendMessage(Encoding.field(3, name), on: 1) }
    for name in names {
      let answer = try #require(try peer.next(1).message)
      // The question comes back in the answer.
      #expect(answer.starts(with: Encoding.field(2, Encoding.field(3, name))))
    }
    // A stream waits for as long as its peer likes, and others are served meanwhile.
    try peer.open(Self.healthWatch, stream: 3)
    #expect(try peer.next(3) == .message([0x08, 1]))
    try peer.sendMessage(Encoding.field(3, names[0]), on: 1)
    #expect(try peer.next(1).message != nil)
    try peer.endMessages(on: 1)
    #expect(try peer.next(1) == .ended(Outcome(payload: [])))
  }

  @Test(arguments: PeerKind.allCases) func aBadMessageEndsItsStreamOnly(kind: PeerKind) throws {
    let daemon = try Daemon()
    let peer = try kind.connect(daemon)
    try peer.openSending(Self.reflection, stream: 1)
    try peer.openSending(Self.reflection, stream: 3)
    try peer.sendMessage([0xff], on: 1)
    #expect(try peer.next(1).outcome?.code == 3)
    try peer.sendMessage([], on: 3)
    let outcome = try #require(try peer.next(3).outcome)
    #expect(outcome.code == 3)
    #expect(outcome.field == "message_request")
    try peer.openSending(Self.reflection, stream: 5)
    try peer.endMessages(on: 5)
    #expect(try peer.next(5) == .ended(Outcome(payload: [])))
  }

  @Test(arguments: PeerKind.allCases) func aDeadlineEndsAStream(kind: PeerKind) throws {
    let daemon = try Daemon()
    let peer = try kind.connect(daemon)
    var call = Self.healthWatch
    call.timeout = 30_000_000
    try peer.open(call, stream: 1)
    #expect(try peer.next(1) == .message([0x08, 1]))
    #expect(try peer.next(1).outcome?.code == 4)
  }

  /// ttrpc says in its flags what a call is, and can be wrong.
  @Test func shapesThatDoNotFitAreRefused() throws {
    let daemon = try Daemon()
    let peer = try TTRPCPeer(daemon)
    try peer.send(Self.healthWatch, stream: 1)
    #expect(try peer.next(1).outcome?.reason == "STREAM_REQUIRED")
    try peer.open(Self.reflection, stream: 3)
    #expect(try peer.next(3).outcome?.reason == "STREAM_REQUIRED")
    try peer.openSending(WireCall(), stream: 5)
    #expect(try peer.next(5).outcome?.reason == "NOT_A_STREAM")
    try peer.openSending(Self.healthWatch, stream: 7)
    #expect(try peer.next(7).outcome?.reason == "NOT_A_STREAM")
    // A peer may close its half of a unary call.
    try peer.open(WireCall(), stream: 9)
    #expect(try peer.next(9).outcome?.code == 0)
    #expect(try peer.call(WireCall(), stream: 11).code == 0)
  }

  @Test func cancelledStreamsAreForgotten() throws {
    let daemon = try Daemon(["--max-calls-in-flight", "8"])
    let peer = try GRPCPeer(daemon)
    // More than may be open at once.
    for index in 0..<50 {
      let stream = UInt32(2 * index + 1)
      try peer.open(Self.healthWatch, stream: stream)
      #expect(try peer.next(stream) == .message([0x08, 1]))
      try peer.cancel(stream)
    }
    #expect(try peer.call(WireCall(), stream: 1001).code == 0)
    let text = try Self.metrics(daemon)
    let line = #"status="CANCELLED"} 50"#
    #expect(text.contains(line))
  }

  @Test(arguments: PeerKind.allCases) func tooManyOpenStreamsAreRefused(kind: PeerKind) throws {
    let daemon = try Daemon(["--max-calls-in-flight", "4"])
    let peer = try kind.connect(daemon)
    for stream in [1, 3, 5, 7] as [UInt32] {
      try peer.open(Self.healthWatch, stream: stream)
      #expect(try peer.next(stream) == .message([0x08, 1]))
    }
    try peer.open(Self.healthWatch, stream: 9)
    switch kind {
    case .ttrpc: #expect(try peer.next(9).outcome?.metadata["limit"] == "max-calls-in-flight")
    case .grpc: #expect(throws: FixtureError.self) { try peer.next(9) }
    }
  }

  @Test func aClosedConnectionEndsItsStreams() throws {
    let daemon = try Daemon()
    do {
      let peer = try TTRPCPeer(daemon)
      for stream in [1, 3, 5] as [UInt32] {
        try peer.open(Self.healthWatch, stream: stream)
        #expect(try peer.next(stream) == .message([0x08, 1]))
      }
    }
    // Only the asking peer is connected.
    let text = try waitForMetrics(daemon) {
      $0.contains(#"status="CANCELLED"} 3"#) && $0.contains("postern_connections 1\n")
    }
    #expect(text.contains(#"status="CANCELLED"} 3"#))
    #expect(text.contains("postern_connections 1\n"))
  }

  static func metrics(_ daemon: Daemon) throws -> String {
    let reply = try daemon.client().getMetrics { _ in }
    return String(reply.message.openMetricsText)
  }

  /// The metrics once they are as wanted; what another thread does takes a moment.
  private func waitForMetrics(
    _ daemon: Daemon, _ isWanted: (String) -> Bool
  ) throws -> String {
    for _ in 0..<2000 {
      let text = try Self.metrics(daemon)
      if isWanted(text) { return text }
    }
    return try Self.metrics(daemon)
  }
}
