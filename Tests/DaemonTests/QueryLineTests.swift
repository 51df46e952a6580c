internal import TestSupport
internal import Testing

/// Long queries of one user are answered one after the other.
@Suite struct QueryLineTests {
  /// So little time that every item takes a turn of its own.
  private static let hasty = ["--turn-time", "1", "--workers", "1", "--query-time", "60000"]

  private static func batch(
    _ count: Int, token: String = "", ofItems tokens: [String] = []
  ) -> WireCall {
    let resource = Encoding.field(1, "dashboard") + Encoding.field(2, "one")
    let question = Encoding.field(1, "dashboard.update") + Encoding.field(2, resource)
    let items = (0..<count).flatMap { index in
      let token = tokens.isEmpty ? [] : Encoding.field(4, tokens[index % tokens.count])
      return Encoding.field(3, question + token)
    }
    return WireCall(
      service: "postern.v1.PermissionService", method: "BatchCheck",
      payload: (token.isEmpty ? [] : Encoding.field(1, token)) + items)
  }

  /// A short batch that came later is done later. If they shared the time of the worker, the longer
  /// one would end last, and a hundred of them would all be out of date before the first is done.
  @Test func oneBeginsWhenTheOneBeforeHasEnded() throws {
    let world = try World(Self.hasty)
    let token = world.secret(of: .writer)
    let client = try world.daemon.client()
    let peers = try (0..<3).map { _ in try TTRPCPeer(world.daemon) }
    for (peer, count) in zip(peers, [1000, 300, 30]) {
      try peer.send(Self.batch(count, token: token), stream: 1)
      // The worker has taken the batch once it has answered this, which does not wait.
      _ = try client.connectionCount()
    }
    #expect(try peers[2].receive().outcome.code == 0)
    for peer in peers.prefix(2) {
      #expect(try peer.socket.hasArrived, "an answer came before that of an earlier batch")
      #expect(try peer.receive().outcome.code == 0)
    }
    // Nothing stands in line any more.
    #expect(try peers[0].call(Self.batch(30, token: token), stream: 3).code == 0)
  }

  /// A query that waited reads the newest revision when it begins.
  @Test func aQueryThatWaitedIsUpToDate() throws {
    let world = try World(Self.hasty)
    let token = world.secret(of: .writer)
    let client = try world.daemon.client()
    let peers = try (0..<3).map { _ in try TTRPCPeer(world.daemon) }
    var isNewer = false
    // The first batches may end before the change is made.
    for round in 0..<50 where !isNewer {
      let stream = UInt32(2 * round + 1)
      for peer in peers { try peer.send(Self.batch(1000, token: token), stream: stream) }
      _ = try client.connectionCount()
      try client.setWriter("bob", "dashboard", "another", of: "acme")
      let changed = try client.revision()
      try client.removeWriter("bob", "dashboard", "another", of: "acme")
      let revisions = try peers.map { try LongBatchTests.decisions($0.receive().outcome).revision }
      #expect(revisions == revisions.sorted())
      isNewer = revisions[2] >= changed && revisions[0] < changed
    }
    #expect(isNewer, "a batch that waits has begun before")
  }

  /// What was decided before it had to wait does not stand beside what is decided by newer rights.
  @Test func whatHasWaitedIsOfOneRevision() throws {
    let world = try World(Self.hasty)
    let token = world.secret(of: .writer)
    let client = try world.daemon.client()
    let peers = try (0..<3).map { _ in try TTRPCPeer(world.daemon) }
    var hasSeenNewer = false
    for round in 0..<50 where !hasSeenNewer {
      let stream = UInt32(2 * round + 1)
      for (peer, count) in zip(peers, [1000, 100, 100]) {
        try peer.send(Self.batch(count, token: token), stream: stream)
      }
      _ = try client.connectionCount()
      try client.removeWriter("carol", "dashboard", "one", of: "acme")
      let answers = try peers.map { try LongBatchTests.decisions($0.receive().outcome).allowed }
      for allowed in answers { #expect(Set(allowed).count == 1, "two states in one answer") }
      hasSeenNewer = answers[0].first == true && answers[2].last == false
      try client.setWriter("carol", "dashboard", "one", of: "acme")
    }
    #expect(hasSeenNewer, "no batch has waited for the change")
  }

  /// The items that a batch has decided before it had to wait are not counted as used again,
  /// whether it goes on behind them or begins anew.
  @Test(arguments: [false, true]) func countsTheUsesOfWhatHasWaitedOnce(hasChanged: Bool) throws {
    let world = try World(Self.hasty)
    let client = try world.daemon.client()
    let items = [world.secret(of: .user), world.secret(of: .administrator)]
    let peers = try (0..<2).map { _ in try TTRPCPeer(world.daemon) }
    try peers[0].send(Self.batch(1000, token: world.secret(of: .writer)), stream: 1)
    _ = try client.connectionCount()
    try peers[1].send(Self.batch(40, ofItems: items), stream: 1)
    _ = try client.connectionCount()
    if hasChanged { try client.setWriter("bob", "dashboard", "another", of: "acme") }
    for peer in peers { #expect(try peer.receive().outcome.code == 0) }
    #expect(try world.daemon.stop() == .exited(0))

    let next = try Daemon(folder: world.daemon.folder)
    let rows = try next.client().usage().filter { $0.method.hasSuffix("/BatchCheck") }
    #expect(rows.map { "\($0.owner) \($0.calls)" }.sorted() == ["alice 20", "bob 20", "carol 1"])
  }

  /// Most of the time of a query is the turns of other users, of whom there may be many: it is
  /// answered seconds later, but not for ever.
  @Test(arguments: [5, 11] as [Int64]) func isAnsweredSecondsLater(seconds: Int64) throws {
    let clock = try SettableClock()
    let world = try World(
      ["--turn-time", "1", "--workers", "1"], environment: clock.environment())
    let token = world.secret(of: .writer)
    let client = try world.daemon.client()
    let peer = try TTRPCPeer(world.daemon)
    var isLate = false
    // A batch may end before the clock moves on.
    for round in 0..<50 where !isLate {
      try peer.send(Self.batch(1000, token: token), stream: UInt32(2 * round + 1))
      _ = try client.connectionCount()
      clock.monotonicNanoseconds += seconds * SettableClock.second
      let isUnderWay = try !peer.socket.hasArrived
      let outcome = try peer.receive().outcome
      if seconds == 5 { #expect(outcome.code == 0, "\(outcome)") }
      isLate = seconds == 5 ? isUnderWay : outcome.reason == "QUERY_TIME"
    }
    #expect(isLate)
  }

  /// Each of two users has its line, and the lines take turns: who asks for little is not behind
  /// all that another has asked for.
  @Test(.enabled(if: StrangerSocket.canConnect, "needs root"))
  func whatAnotherUserAsksComesInBetween() throws {
    let world = try World(Self.hasty + ["--socket-mode", "0666"])
    let token = world.secret(of: .writer)
    let crowd = try (0..<8).map { _ in try TTRPCPeer(world.daemon) }
    let stranger = TTRPCPeer(socket: try StrangerSocket.connect(world.daemon))
    for peer in crowd { try peer.send(Self.batch(1000, token: token), stream: 1) }
    _ = try world.daemon.client().connectionCount()
    for stream in [1, 3, 5] as [UInt32] {
      try stranger.send(Self.batch(100, token: token), stream: stream)
      #expect(try stranger.receive().outcome.code == 0)
    }
    #expect(try crowd.contains { try !$0.socket.hasArrived }, "all of the other user came before")
    for peer in crowd { #expect(try peer.receive().outcome.code == 0) }
  }

  /// A query of a closed connection leaves the line, and so does a cancelled one.
  @Test func aClosedConnectionLeavesTheLine() throws {
    let world = try World(Self.hasty)
    let token = world.secret(of: .writer)
    let client = try world.daemon.client()
    let staying = try GRPCPeer(world.daemon)
    for round in 0..<10 {
      let stream = UInt32(4 * round + 1)
      let leaving = try (0..<3).map { _ in try GRPCPeer(world.daemon) }
      for peer in leaving { try peer.send(Self.batch(1000, token: token), stream: 1) }
      _ = try client.connectionCount()
      try staying.send(Self.batch(100, token: token), stream: stream)
      try leaving[1].cancel(1)
      try leaving[1].send(Self.batch(10, token: token), stream: 3)
      _ = try client.connectionCount()
      if round % 2 == 0 { try staying.cancel(stream) } else { _ = try staying.unary(stream) }
      #expect(try staying.call(WireCall(), stream: stream + 2).code == 0)
      #expect(try leaving[1].unary(3).code == 0)
    }
    try client.waitForConnections(atMost: 2)
    #expect(try world.daemon.stop() == .exited(0))
  }
}
