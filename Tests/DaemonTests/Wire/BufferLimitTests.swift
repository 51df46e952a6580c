internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Peers that leave answers unread, together.
@Suite struct BufferLimitTests {
  private static let list = WireCall(
    service: "postern.v1.DirectoryService", method: "ListUsers",
    payload: Encoding.field(1, "acme") + Encoding.field(2, integer: 1000))

  /// An organization whose list of users is some 40 KB long.
  private func daemon(_ arguments: [String]) throws -> Daemon {
    let daemon = try Daemon(["--workers", "1"] + arguments)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    for index in 0..<150 {
      _ = try client.inviteUser {
        $0.setOrganizationID("acme")
        $0.setUserID("user-\(index)")
        $0.setDisplayName(String(repeating: "n", count: 256))
      }
    }
    return daemon
  }

  /// What all connections hold together stays below the limit.
  @Test func allTogetherAreBounded() throws {
    let daemon = try daemon(["--max-buffer-bytes", "\(16 << 20)"])
    var peers: [GRPCPeer] = []
    for _ in 0..<8 {
      let peer = try GRPCPeer(daemon, window: 0)
      var requests: [UInt8] = []
      for stream in Swift.stride(from: UInt32(1), to: 200, by: 2) {
        requests += GRPCPeer.head(Self.list, stream: stream)
        requests += GRPCPeer.body(Self.list.payload, stream: stream)
      }
      _ = try peer.socket.pour(requests)
      peers.append(peer)
      // A client that reads its answers is served all the while.
      #expect(try daemon.client().connectionCount() > 0)
    }
    // Clients with small requests don't wait for the answers of the others.
    let refused = #"postern_refused_connections_total{reason="max-buffer-bytes"}"#
    var text = ""
    let deadline = ContinuousClock.now.advanced(by: .seconds(120))
    repeat {
      try #require(ContinuousClock.now < deadline, "no connection is closed: \(text)")
      text = try StreamTests.metrics(daemon)
      #expect(try #require(Self.sample("postern_buffer_bytes", text)) <= 16 << 20)
    } while Self.sample(refused, text) ?? 0 < 4
    #expect(try #require(Self.sample("postern_buffer_bytes", text)) > 4 << 20)
    withExtendedLifetime(peers) {}
  }

  /// A connection that leaves its answers unread for too long is closed; one without answers stays.
  @Test(arguments: [false, true]) func stalledPeersAreClosed(isDeaf: Bool) throws {
    let daemon = try daemon(["--stall-timeout", "1"])
    let quiet = try TTRPCPeer(daemon)
    #expect(try quiet.call(WireCall(), stream: 1).code == 0)
    if isDeaf {
      let peer = try TTRPCPeer(daemon)
      let requests = (0..<400).flatMap { index in
        TTRPCPeer.frame(TTRPCPeer.request(Self.list), stream: UInt32(2 * index + 1))
      }
      _ = try peer.socket.pour(requests, isDeaf: true)
      try waitForRefusal(daemon)
    } else {
      let peer = try GRPCPeer(daemon, window: 0)
      try peer.send(Self.list, stream: 1)
      peer.readToEnd()
      #expect(!peer.hasEnded(1))
      try waitForRefusal(daemon)
    }
    #expect(try quiet.call(WireCall(), stream: 3).code == 0)
  }

  /// Commands wait for the writer in memory that is bounded too; a refusal gives back its own.
  @Test(arguments: PeerKind.allCases) func commandsThatWaitAreBounded(kind: PeerKind) throws {
    let daemon = try daemon(["--max-waiting-bytes", "4096"])
    let peer = try kind.connect(daemon)
    // Past the limit, and past what one user may have of it.
    for (stream, bytes, value) in [(1, 5000, "4096"), (3, 2500, "2048"), (5, 5000, "4096")] {
      let large =
        Encoding.field(1, "acme") + Encoding.field(3, [UInt8](repeating: 97, count: bytes))
      try peer.open(
        WireCall(
          service: "postern.v1.DirectoryService", method: "InviteUser", payload: large),
        stream: UInt32(stream))
      let outcome = try #require(try peer.next(UInt32(stream)).outcome)
      #expect(outcome.code == 8)
      #expect(outcome.metadata["limit"] == "max-waiting-bytes")
      #expect(outcome.metadata["value"] == value)
    }
    for index in 0..<200 {
      let stream = UInt32(2 * index + 7)
      let payload = Encoding.field(1, "acme") + Encoding.field(2, "bob")
      try peer.open(
        WireCall(
          service: "postern.v1.DirectoryService", method: "InviteUser", payload: payload),
        stream: stream)
      // An answer, by gRPC as a message and its end.
      if case .ended(let outcome) = try peer.next(stream) { #expect(outcome.code == 0) }
    }
  }

  /// A request that is a few megabytes of one small list is refused before the writer sees it.
  @Test(arguments: PeerKind.allCases) func aListOfAnEnumIsBounded(kind: PeerKind) throws {
    let daemon = try daemon([])
    let peer = try kind.connect(daemon)
    func batchCount() throws -> Int? {
      Self.sample("postern_batch_commands_count", try StreamTests.metrics(daemon))
    }
    let before = try batchCount()
    let scopes = [UInt8](repeating: 1, count: 4_190_000)
    try peer.open(
      WireCall(
        service: "postern.v1.TokenService", method: "IssueToken",
        payload: Encoding.field(1, "acme") + Encoding.field(6, scopes)),
      stream: 1)
    let outcome = try #require(try peer.next(1).outcome)
    #expect(outcome.code == 3)
    #expect(outcome.metadata["field"] == "scopes")
    #expect(try batchCount() == before)
  }

  private func waitForRefusal(_ daemon: Daemon) throws {
    let refused = #"postern_refused_connections_total{reason="stall-timeout"}"#
    for _ in 0..<100_000 {
      if Self.sample(refused, try StreamTests.metrics(daemon)) == 1 { return }
    }
    Issue.record("no connection was closed")
  }

  static func sample(_ name: String, _ text: String) -> Int? {
    for line in text.split(separator: "\n") where line.hasPrefix(name + " ") {
      return Int(line.dropFirst(name.count + 1))
    }
    return nil
  }
}
