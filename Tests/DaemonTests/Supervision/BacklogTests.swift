internal import Glibc
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Connections that the daemon has not accepted yet when it is told to end.
@Suite struct BacklogTests {
  /// More than are accepted in one turn.
  private static let connections = 150

  /// Each is answered, and what was acknowledged is kept.
  @Test(arguments: [SIGTERM, SIGINT]) func areAnsweredBeforeTheEnd(_ signal: Int32) throws {
    let folder = TemporaryFolder()
    let daemon = try Daemon(folder: folder)
    try daemon.client().createOrganization("acme", administrator: "alice")
    let issue = WireCall(
      method: "IssueToken", payload: Encoding.field(1, "acme") + Encoding.field(2, "alice"))
    daemon.process.signal(SIGSTOP)
    var peers: [TTRPCPeer] = []
    for _ in 0..<Self.connections {
      let peer = try TTRPCPeer(daemon)
      try peer.send(issue, stream: 1)
      peers.append(peer)
    }
    daemon.process.signal(signal)
    daemon.process.signal(SIGCONT)
    var secrets: [String] = []
    for peer in peers {
      let outcome = try peer.receive().outcome
      #expect(outcome.code == 0, "\(outcome)")
      let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
      let response = try PosternV1.IssueTokenResponse(decoding: outcome.payload.span, in: arena)
      secrets.append(String(response.secret))
      #expect(try peer.socket.waitForEnd() == 0)
    }
    #expect(try daemon.process.wait() == .exited(0))
    let next = try Daemon(folder: folder)
    let client = try next.client()
    for secret in secrets { #expect(try client.isActive(secret)) }
    #expect(try next.stop() == .exited(0))
  }
}
