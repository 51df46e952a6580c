internal import Ledger
internal import Messages
internal import TestSupport
internal import Testing

/// The writer takes turns by local users, seen from two of them.
@Suite(.enabled(if: StrangerSocket.canConnect, "needs root"))
struct WriterTurnTests {
  private static let issued = 1000

  @Test func aCommandDoesNotWaitForAllOfAnotherUser() throws {
    let world = try World([
      "--socket-mode", "0666", "--issuer-uid", "\(StrangerSocket.userID)", "--workers", "1",
      "--turn-time", "1000000",
    ])
    let own = try TTRPCPeer(world.daemon)
    let stranger = TTRPCPeer(socket: try StrangerSocket.connect(world.daemon))
    for peer in [own, stranger] { _ = try peer.call(WireCall()) }
    let payload = Encoding.field(1, "acme") + Encoding.field(2, "bob")
    let issue = WireCall(method: "IssueToken", payload: payload)
    // The writer waits for the store with the first command, until all others have come.
    let environment = try Environment(
      folder: "\(world.daemon.folder.path)/data", mapSizeBytes: 64 << 20, maximumTables: 1,
      maximumReaders: 8)
    let transaction = try WriteTransaction(environment)
    var frames: [UInt8] = []
    for index in 0..<UInt32(Self.issued) {
      frames += TTRPCPeer.frame(TTRPCPeer.request(issue), stream: 3 + 2 * index)
    }
    try stranger.socket.send(frames)
    // A query that is answered says that the commands before it are with the writer.
    let last = 3 + 2 * UInt32(Self.issued)
    try stranger.send(WireCall(), stream: last)
    #expect(try stranger.receive().stream == last)
    try own.send(issue, stream: 3)
    try own.send(WireCall(), stream: 5)
    #expect(try own.receive().stream == 5)
    _ = consume transaction

    let revision = try Self.revision(of: try own.receive().outcome)
    var later = 0
    for _ in 0..<Self.issued {
      if try Self.revision(of: try stranger.receive().outcome) > revision { later += 1 }
    }
    // What the writer had taken before, of one turn of the worker at most, comes before.
    #expect(later >= Self.issued / 2, "\(later)")
  }

  private static func revision(of outcome: Outcome) throws -> UInt64 {
    #expect(outcome.code == 0, "\(outcome)")
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
    return try PosternV1.IssueTokenResponse(decoding: outcome.payload.span, in: arena).revision
  }
}
