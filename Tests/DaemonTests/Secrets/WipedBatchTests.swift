internal import RPC
internal import TestSupport
internal import Testing

/// A second later no secret of a batch is left that took its worker many turns, however it ended.
@Suite(.enabled(if: ProcessMemory.isMeaningful, "a sanitizer keeps what was freed"))
struct WipedBatchTests {
  /// So little time that every item takes a turn of its own.
  private static let hasty = ["--turn-time", "1", "--workers", "1", "--query-time", "60000"]
  private static let rounds = 25

  /// A batch whose items carry these tokens in turn.
  private static func batch(
    _ tokens: [String], bearer: String, count: Int = 1000, timeout: Int64? = nil
  ) -> WireCall {
    let resource = Encoding.field(1, "dashboard") + Encoding.field(2, "one")
    let question = Encoding.field(1, "dashboard.update") + Encoding.field(2, resource)
    let items = (0..<count).flatMap { index in
      Encoding.field(3, question + Encoding.field(4, tokens[index % tokens.count]))
    }
    return WireCall(
      service: "postern.v1.PermissionService", method: "BatchCheck", payload: items,
      bearer: bearer, timeout: timeout)
  }

  @Test(arguments: PeerKind.allCases) func nothingIsLeft(kind: PeerKind) throws {
    let world = try World(Self.hasty)
    let client = try world.daemon.client()
    let trail = SecretTrail()
    let issuer = try SecretIssuer(world.daemon, trail)
    func make(_ use: String, count: Int = 1000, timeout: Int64? = nil) throws -> WireCall {
      let tokens = try (0..<5).map { _ in try issuer.issue("in a batch \(use)") }
      let bearer = try issuer.issue("the bearer of a batch \(use)")
      return Self.batch(tokens, bearer: bearer, count: count, timeout: timeout)
    }
    let peer = try kind.connect(world.daemon)
    for round in 0..<Self.rounds {
      let stream = UInt32(8 * round + 1)
      try peer.sendUnary(try make("that was answered", count: 100), stream: stream)
      #expect(try peer.unary(stream).code == 0)
      try peer.sendUnary(try make("that was late", timeout: 2_000_000), stream: stream + 2)
      #expect(try peer.unary(stream + 2).code == 4)
      let leaving = try kind.connect(world.daemon)
      try leaving.sendUnary(try make("whose peer went"), stream: 1)
      _ = try client.connectionCount()
      if let grpc = peer as? GRPCPeer {
        try grpc.send(try make("that was given up"), stream: stream + 4)
        _ = try client.connectionCount()
        try grpc.cancel(stream + 4)
      }
    }
    #expect(trail.count >= 450)
    try client.waitForConnections(atMost: 3)
    try trail.expectNothing(in: world.daemon)
  }
}
