internal import Glibc
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// How streams end that did not mean to: with their daemon, their deadline, their connection.
@Suite struct StreamEndTests {
  private static let revoke = WireCall(method: "RevokeTokens", payload: Encoding.field(1, "acme"))
  private static let issue = WireCall(
    method: "IssueToken", payload: Encoding.field(1, "acme") + Encoding.field(2, "bob"))

  /// A daemon that has to end with its calls: a drain that has to wait fails the test.
  private func daemon(_ arguments: [String] = []) throws -> Daemon {
    let daemon = try Daemon(["--drain-timeout", "600"] + arguments)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    try client.invite("bob", to: "acme")
    return daemon
  }

  private func issueTokens(_ count: Int, _ daemon: Daemon) throws {
    let peer = try TTRPCPeer(daemon)
    for start in Swift.stride(from: 0, to: count, by: 500) {
      let range = start..<min(start + 500, count)
      for index in range { try peer.send(Self.issue, stream: UInt32(2 * index + 1)) }
      for _ in range { #expect(try peer.receive().outcome.code == 0) }
    }
  }

  /// Revokes what is left, and says how many those were.
  private func revokeRest(_ daemon: Daemon) throws -> Int {
    let peer = try TTRPCPeer(daemon)
    try peer.open(Self.revoke, stream: 1)
    let (messages, outcome) = try peer.all(1)
    #expect(outcome.code == 0, "\(outcome)")
    return try Self.count(try #require(messages.last))
  }

  private static func count(_ report: [UInt8]) throws -> Int {
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
    return Int(
      try PosternV1.RevokeTokensResponse(decoding: report.span, in: arena).revokedCount)
  }

  /// With streams of every kind, calls that wait for the writer, and a peer that goes on asking.
  @Test(arguments: PeerKind.allCases) func aDrainEndsEveryStream(kind: PeerKind) throws {
    let daemon = try daemon()
    try issueTokens(3000, daemon)
    let peer = try kind.connect(daemon)
    try peer.open(StreamTests.healthWatch, stream: 1)
    #expect(try peer.next(1).message != nil)
    for stream in [3, 5] as [UInt32] {
      try peer.openSending(StreamTests.reflection, stream: stream)
      try peer.sendMessage(HostileStreamTests.list, on: stream)
      #expect(try peer.next(stream).message != nil)
    }
    let directory = "postern.v1.DirectoryService"
    try peer.openSending(WireCall(service: directory, method: "Import"), stream: 7)
    try peer.open(WireCall(service: "postern.v1.WatchService", method: "Watch"), stream: 9)
    #expect(try peer.next(9).message != nil)
    // Half a message.
    switch kind {
    case .grpc: try peer.socket.send(GRPCPeer.frame(0, stream: 5, [0, 0, 0]))
    case .ttrpc: break
    }
    let asking = try kind.connect(daemon)
    try asking.openSending(StreamTests.reflection, stream: 1)
    try asking.sendMessage(HostileStreamTests.list, on: 1)
    #expect(try asking.next(1).message != nil)
    for stream in Swift.stride(from: UInt32(11), to: 51, by: 2) {
      try peer.sendUnary(Self.issue, stream: stream)
    }
    try peer.open(Self.revoke, stream: 51)
    #expect(try peer.next(51).message != nil)
    daemon.process.signal(SIGTERM)
    let question = HostileStreamTests.message(kind, HostileStreamTests.list, on: 1)
    let questions = [[UInt8]](repeating: question, count: 200).flatMap { $0 }
    while try asking.socket.pour(questions) == questions.count {}
    // Each call gets an answer.
    #expect(try peer.next(1) == .message([0x08, 2]))
    for stream in [1, 3, 5, 7] as [UInt32] {
      #expect(try peer.next(stream).outcome?.reason == "DRAINING", "stream \(stream)")
    }
    #expect(try peer.all(9).outcome.reason == "DRAINING")
    for stream in Swift.stride(from: UInt32(11), to: 51, by: 2) {
      #expect(try peer.unary(stream).code == 0)
    }
    var reported = 1000
    let (messages, outcome) = try peer.all(51)
    if let last = messages.last { reported = try Self.count(last) }
    #expect(outcome.code == 0 || outcome.reason == "DRAINING", "\(outcome)")
    #expect(try daemon.process.wait() == .exited(0))
    #expect(!daemon.process.wholeOutput().contains("calls were cut off"))
    // What was reported was done, and no step by half. Of the 20 tokens that were issued meanwhile
    // those before the call are among what it revokes.
    let next = try Daemon(folder: daemon.folder)
    let rest = try revokeRest(next)
    #expect(rest <= 3020 - reported)
    #expect(rest % 1000 <= 20, "\(rest)")
  }

  /// The writer is busy, so that the deadline passes or the peer goes while it has the step.
  @Test(arguments: PeerKind.allCases) func aStepWithTheWriterIsWhole(kind: PeerKind) throws {
    let daemon = try daemon()
    let count = 4000
    try issueTokens(count, daemon)
    let busy = try TTRPCPeer(daemon)
    let update = WireCall(
      service: "postern.v1.DirectoryService", method: "SetAdministrator",
      payload: Encoding.field(1, "acme") + Encoding.field(2, "alice")
        + Encoding.field(3, integer: 1))
    var exceeded = 0
    for round in 0..<12 {
      let updates = (0..<900).flatMap {
        TTRPCPeer.frame(TTRPCPeer.request(update), stream: UInt32(2 * (900 * round + $0) + 1))
      }
      let peer = try kind.connect(daemon)
      try busy.socket.send(updates)
      var call = Self.revoke
      call.timeout = round % 2 == 0 ? Int64(1_000_000 * (round + 1)) : nil
      try peer.open(call, stream: 1)
      if round % 2 == 0 {
        let outcome = try peer.all(1).outcome
        #expect([0, 4].contains(outcome.code), "\(outcome)")
        if outcome.code == 4 { exceeded += 1 }
        // Heard once: the connection goes on without another word of it.
        try peer.sendUnary(WireCall(), stream: 3)
        #expect(try peer.unary(3).code == 0)
        #expect(peer.isQuiet(on: 1))
      } else if round % 4 == 1 {
        // Gone with the answer on its way.
      } else {
        try peer.socket.finishSending()
      }
      for _ in 0..<900 { _ = try busy.receive() }
    }
    #expect(exceeded > 0)
    let rest = try revokeRest(daemon)
    #expect(rest % 1000 == 0, "\(rest) were left")
    let client = try daemon.client()
    try client.waitForConnections(atMost: 2)
    #expect(try daemon.stop() == .exited(0))
  }

  /// A call that was given up stops at its next step, also in the middle of its work.
  @Test func aCancelledCallStops() throws {
    let daemon = try daemon()
    try issueTokens(6000, daemon)
    // No window but for the first report: what comes behind is not taken.
    let peer = try GRPCPeer(daemon, window: 110)
    try peer.open(Self.revoke, stream: 1)
    #expect(try Self.count(try #require(try peer.next(1).message)) == 1000)
    try peer.cancel(1)
    #expect(try peer.call(WireCall(), stream: 3).code == 0)
    let rest = try revokeRest(daemon)
    #expect(rest % 1000 == 0)
    #expect(
      try StreamTests.metrics(daemon).contains(
        #"TokenService/RevokeTokens",protocol="grpc",status="CANCELLED"} 1"#))
  }
}

extension StreamPeer {
  /// Sends a call without a stream.
  func sendUnary(_ call: WireCall, stream: UInt32) throws {
    if let peer = self as? TTRPCPeer { try peer.send(call, stream: stream) }
    if let peer = self as? GRPCPeer { try peer.send(call, stream: stream) }
  }

  /// Waits for the answer of such a call.
  func unary(_ stream: UInt32) throws -> Outcome {
    if let peer = self as? GRPCPeer { return try peer.receive(stream) }
    guard let outcome = try next(stream).outcome else {
      throw FixtureError("a message on a call without a stream")
    }
    return outcome
  }

  /// Whether nothing has come on a stream that was not asked for.
  func isQuiet(on stream: UInt32) -> Bool {
    if let peer = self as? TTRPCPeer { return peer.takeEvent(of: stream) == nil }
    if let peer = self as? GRPCPeer { return peer.takeMessage(of: stream) == nil }
    return false
  }
}
