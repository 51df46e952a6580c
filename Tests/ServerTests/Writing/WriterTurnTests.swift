internal import Glibc
internal import Messages
internal import Testing

/// The writer takes turns by local users, seen from two of them.
@Suite(.enabled(if: StrangerSocket.canConnect, "needs root"))
struct WriterTurnTests {
  private static let issued = 1000
  /// A worker takes 256 calls of a connection at a time. Behind those of the first turn alone, the
  /// other user's command would come before fewer than this many.
  private static let fewest = 800

  @Test func aCommandDoesNotWaitForAllOfAnotherUser() throws {
    let world = try World([
      "--socket-mode", "0666", "--issuer-uid", "\(StrangerSocket.userID)", "--workers", "1",
      "--turn-time", "1000000",
    ])
    var later = 0
    // A worker that the kernel stops between the two users' commands lets the writer run ahead.
    for _ in 0..<5 where later < Self.fewest {
      later = try countLater(world)
    }
    #expect(later >= Self.fewest)
  }

  /// How many of a stranger's commands are done after one of another user that came behind them.
  private func countLater(_ world: World) throws -> Int {
    let own = try TTRPCPeer(world.daemon)
    let stranger = TTRPCPeer(socket: try StrangerSocket.connect(world.daemon))
    for peer in [own, stranger] { _ = try peer.call(WireCall()) }
    let payload = Encoding.field(1, "acme") + Encoding.field(2, "bob")
    let issue = WireCall(method: "IssueToken", payload: payload)
    world.daemon.process.signal(SIGSTOP)
    var frames: [UInt8] = []
    for index in 0..<UInt32(Self.issued) {
      frames += TTRPCPeer.frame(TTRPCPeer.request(issue), stream: 3 + 2 * index)
    }
    try stranger.socket.send(frames)
    try own.send(issue, stream: 3)
    world.daemon.process.signal(SIGCONT)
    let revision = try Self.revision(of: try own.receive().outcome)
    var later = 0
    for _ in 0..<Self.issued {
      if try Self.revision(of: try stranger.receive().outcome) > revision { later += 1 }
    }
    return later
  }

  private static func revision(of outcome: Outcome) throws -> UInt64 {
    #expect(outcome.code == 0, "\(outcome)")
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
    return try PosternV1.IssueTokenResponse(decoding: outcome.payload.span, in: arena).revision
  }
}
