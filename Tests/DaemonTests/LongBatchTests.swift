internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Batches that take their worker many turns are answered like those that take one.
@Suite struct LongBatchTests {
  /// So little time that every item takes a turn of its own.
  private static let hasty = ["--turn-time", "1", "--workers", "1", "--query-time", "60000"]

  private static func batch(_ ids: [String], token: String, timeout: Int64? = nil) -> WireCall {
    let items = ids.flatMap { id in
      let resource = Encoding.field(1, "dashboard") + Encoding.field(2, id)
      return Encoding.field(3, Encoding.field(1, "dashboard.update") + Encoding.field(2, resource))
    }
    return WireCall(
      service: "postern.v1.PermissionService", method: "BatchCheck",
      payload: Encoding.field(1, token) + items, timeout: timeout)
  }

  static func decisions(_ outcome: Outcome) throws -> (allowed: [Bool], revision: UInt64) {
    #expect(outcome.code == 0, "\(outcome)")
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 64 << 20))
    let response = try PosternV1.BatchCheckResponse(decoding: outcome.payload.span, in: arena)
    return ((0..<response.resultsCount).map { response.results(at: $0).allowed }, response.revision)
  }

  @Test(arguments: PeerKind.allCases) func decidesAsInOneTurn(kind: PeerKind) throws {
    let world = try World(Self.hasty)
    let peer = try kind.connect(world.daemon)
    let ids = (0..<400).map { $0 % 3 == 0 ? "another" : "one" }
    try peer.sendUnary(Self.batch(ids, token: world.secret(of: .writer)), stream: 1)
    let answer = try Self.decisions(try peer.unary(1))
    #expect(answer.allowed == ids.map { $0 == "one" })
    #expect(try answer.revision == world.daemon.client().revision())
    // It was one call, and one use of the token.
    let text = try StreamTests.metrics(world.daemon)
    #expect(text.contains(#"PermissionService/BatchCheck",protocol="\#(kind)",status="OK"} 1"#))
  }

  @Test(arguments: PeerKind.allCases) func listsActionsAsInOneTurn(kind: PeerKind) throws {
    let (hasty, patient) = (try World(Self.hasty), try World())
    for subject in [PermissionMatrixTests.Subject.writer, .administrator, .user, .apiToken] {
      let lists = try [hasty, patient].map { world in
        let peer = try kind.connect(world.daemon)
        let resource = Encoding.field(1, "dashboard") + Encoding.field(2, "one")
        let payload = Encoding.field(1, world.secret(of: subject)) + Encoding.field(2, resource)
        let call = WireCall(
          service: "postern.v1.PermissionService", method: "ListActions", payload: payload)
        try peer.sendUnary(call, stream: 1)
        return try Self.actions(try peer.unary(1))
      }
      #expect(lists[0] == lists[1], "\(subject)")
      #expect(subject == .apiToken || !lists[0].isEmpty)
    }
    let text = try StreamTests.metrics(hasty.daemon)
    #expect(text.contains(#"PermissionService/ListActions",protocol="\#(kind)",status="OK"} 4"#))
  }

  private static func actions(_ outcome: Outcome) throws -> [String] {
    #expect(outcome.code == 0, "\(outcome)")
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 64 << 20))
    let response = try PosternV1.ListActionsResponse(decoding: outcome.payload.span, in: arena)
    return [String(response.userID)]
      + (0..<response.actionsCount).map {
        "\(String(response.actions(at: $0).action)) \(String(response.actions(at: $0).rule))"
      }
  }

  /// Rights change meanwhile: an answer is of one revision, so all equal items have equal results.
  @Test(arguments: PeerKind.allCases) func isOfOneRevision(kind: PeerKind) throws {
    let world = try World(Self.hasty)
    let client = try world.daemon.client()
    let peer = try kind.connect(world.daemon)
    let ids = [String](repeating: "another", count: 600)
    var seen: Set<Bool> = []
    for round in 0..<12 {
      let stream = UInt32(2 * round + 1)
      try peer.sendUnary(Self.batch(ids, token: world.secret(of: .user)), stream: stream)
      for _ in 0..<3 {
        try client.setWriter("bob", "dashboard", "another", of: "acme")
        try client.removeWriter("bob", "dashboard", "another", of: "acme")
      }
      if round % 2 == 0 { try client.setWriter("bob", "dashboard", "another", of: "acme") }
      let answer = try Self.decisions(try peer.unary(stream))
      #expect(answer.allowed.count == ids.count)
      #expect(Set(answer.allowed).count == 1, "two states in one answer")
      seen.formUnion(answer.allowed)
      if round % 2 == 0 { try client.removeWriter("bob", "dashboard", "another", of: "acme") }
    }
    #expect(!seen.isEmpty)
  }

  @Test(arguments: PeerKind.allCases) func endsAtItsDeadline(kind: PeerKind) throws {
    let world = try World(Self.hasty)
    let peer = try kind.connect(world.daemon)
    let ids = [String](repeating: "one", count: 1000)
    let call = Self.batch(ids, token: world.secret(of: .writer), timeout: 3_000_000)
    try peer.sendUnary(call, stream: 1)
    #expect(try peer.unary(1).code == 4)
    try peer.sendUnary(WireCall(), stream: 3)
    #expect(try peer.unary(3).code == 0)
  }

  /// The answer is as old as the begin of the batch, so a batch that takes too long is refused: a
  /// token that was revoked meanwhile would still be good in it.
  @Test(arguments: PeerKind.allCases) func isNeverOlderThanItsLimit(kind: PeerKind) throws {
    let world = try World(Self.hasty + ["--query-time", "1"])
    let peer = try kind.connect(world.daemon)
    let ids = [String](repeating: "one", count: 1000)
    try peer.sendUnary(Self.batch(ids, token: world.secret(of: .writer)), stream: 1)
    let outcome = try peer.unary(1)
    #expect(outcome.code == 14)
    #expect(outcome.reason == "QUERY_TIME")
    #expect(outcome.message.contains("fewer items"))
    try peer.sendUnary(Self.batch(["one"], token: world.secret(of: .writer)), stream: 3)
    #expect(try Self.decisions(try peer.unary(3)).allowed == [true])
  }

  @Test func stopsWhenItIsGivenUp() throws {
    let world = try World(Self.hasty)
    let peer = try GRPCPeer(world.daemon)
    let ids = [String](repeating: "one", count: 1000)
    let sign = #"PermissionService/BatchCheck",protocol="grpc",status="CANCELLED"}"#
    // A call that is cancelled before it is taken counts nowhere, so one attempt may not suffice.
    for round in 0..<50 {
      let stream = UInt32(4 * round + 1)
      try peer.send(Self.batch(ids, token: world.secret(of: .writer)), stream: stream)
      _ = try world.daemon.client().connectionCount()
      try peer.cancel(stream)
      #expect(try peer.call(WireCall(), stream: stream + 2).code == 0)
      if try StreamTests.metrics(world.daemon).contains(sign) { return }
    }
    Issue.record("no batch has ended as cancelled")
  }

  @Test func leavesNothingWhenThePeerGoes() throws {
    let world = try World(Self.hasty + ["--max-unfinished-queries", "2"])
    let client = try world.daemon.client()
    let ids = [String](repeating: "one", count: 1000)
    let call = Self.batch(ids, token: world.secret(of: .writer))
    for _ in 0..<6 {
      let peer = try TTRPCPeer(world.daemon)
      try peer.send(call, stream: 1)
      _ = try client.connectionCount()
    }
    try client.waitForConnections(atMost: 1)
    #expect(try TTRPCPeer(world.daemon).call(call, stream: 1).code == 0)
    #expect(try world.daemon.stop() == .exited(0))
  }

  /// A user may have a limited number of them at once. A further one is refused with the name of
  /// the limit, and the others go on.
  @Test func aUserHasAFewAtATime() throws {
    let world = try World(Self.hasty + ["--max-unfinished-queries", "1"])
    let peers = try (0..<4).map { _ in try TTRPCPeer(world.daemon) }
    let ids = [String](repeating: "one", count: 1000)
    let call = Self.batch(ids, token: world.secret(of: .writer))
    var codes: Set<Int32> = []
    for round in 0..<20 where !codes.contains(8) {
      for peer in peers { try peer.send(call, stream: UInt32(2 * round + 1)) }
      for peer in peers { codes.insert(try peer.receive().outcome.code) }
    }
    #expect(codes == [0, 8])
  }
}
