internal import Glibc
internal import Ledger
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Uses of kept answers that clients report. A daemon that ends writes what it has counted, so each
/// test looks at the next one on the same data.
@Suite struct ReportedUsesTests {
  private static let second: Int64 = 1_000_000_000
  private static let day = 86_400 * second

  /// What an answer is reported with; empty where it must not be kept.
  private static func receipt(_ keep: PosternV1.Keep?) -> [UInt8] {
    guard let keep else { return [] }
    return [UInt8](copying: keep.receipt)
  }

  private static func validate(_ secret: String, _ client: PosternClient) throws -> [UInt8] {
    let reply = try client.validateToken {
      $0.setSecret(secret)
      $0.setWantsKeep(true)
    }
    return reply.read { receipt($0.keep) }
  }

  private static func check(_ secret: String, _ client: PosternClient) throws -> [UInt8] {
    let reply = try client.check {
      $0.setTokenSecret(secret)
      $0.setAction("integration.create")
      $0.setWantsKeep(true)
    }
    return reply.read { receipt($0.keep) }
  }

  private static func item(_ receipt: [UInt8], _ count: UInt64, at time: Int64?) -> [UInt8] {
    var item = Encoding.field(1, receipt) + Encoding.field(2, integer: count)
    if let time {
      let (seconds, nanos) = (UInt64(time / second), UInt64(time % second))
      item += Encoding.field(
        3, Encoding.field(1, integer: seconds) + Encoding.field(2, integer: nanos))
    }
    return Encoding.field(1, item)
  }

  private static func now(_ client: PosternClient) throws -> Int64 {
    let reply = try client.getStatus { _ in }
    guard let time = reply.message.time else { throw FixtureError("the status has no time") }
    return time.seconds * second + Int64(time.nanos)
  }

  private static func report(_ items: [UInt8], _ peers: BothPeers) throws -> Outcome {
    try peers.ask("ReportUses", of: "AuditService", items)
  }

  /// How many items were refused.
  private static func refused(_ outcome: Outcome) throws -> UInt32 {
    #expect(outcome.code == 0, "\(outcome)")
    let arena = Arena(initialBytes: 1024)
    let answer = try PosternV1.ReportUsesResponse(decoding: outcome.payload.span, in: arena)
    #expect(answer.revision > 0 && answer.ledgerEpoch != 0)
    return answer.refusedCount
  }

  private static func again(_ daemon: Daemon) throws -> Daemon {
    #expect(try daemon.stop() == .exited(0))
    return try Daemon(folder: daemon.folder)
  }

  @Test func countsByTokenMethodAndOutcome() throws {
    let world = try World()
    let client = try world.daemon.client()
    let (alice, bob) = (world.secret(of: .administrator), world.secret(of: .user))
    let now = try Self.now(client)
    // As each protocol reports it, all counts are there twice.
    let refused = try Self.refused(
      try Self.report(
        Self.item(Self.validate(bob, client), 5, at: now)
          + Self.item(Self.check(alice, client), 6, at: now)
          + Self.item(Self.check(bob, client), 7, at: now), try BothPeers(world.daemon)))
    #expect(refused == 0)
    let next = try Self.again(world.daemon)
    let rows = try next.client().usage().map { row in
      "\(row.owner) \(row.method.split(separator: "/").last ?? ""): "
        + "\(row.calls) calls, \(row.denied) denied, \(row.kept) kept"
    }
    #expect(
      rows == [
        "alice Check: 13 calls, 0 denied, 12 kept", "bob Check: 15 calls, 15 denied, 14 kept",
        "bob ValidateToken: 11 calls, 0 denied, 10 kept",
      ])
  }

  @Test func countsToTheDayOfTheUse() throws {
    let clock = try SettableClock()
    let daemon = try Daemon(environment: clock.environment())
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let token = try client.issueToken(for: "alice", of: "acme")
    let given = try Self.now(client)
    let receipt = try Self.validate(token.secret, client)
    clock.sleep(nanoseconds: 2 * Self.day)
    let peers = try BothPeers(daemon)
    let items: [(Int64, UInt64)] = [
      // An answer is used neither before it was given nor after now.
      (given - 3 * Self.day, 10), (given, 1), (given + Self.day, 100), (given + 9 * Self.day, 1000),
    ]
    for (time, count) in items {
      #expect(try Self.refused(try Self.report(Self.item(receipt, count, at: time), peers)) == 0)
    }
    #expect(try daemon.stop() == .exited(0))
    let next = try Daemon(folder: daemon.folder, environment: clock.environment())
    let rows = try next.client().usage()
    let first = given / Self.day * 86_400
    let after = try Self.now(next.client()) / Self.second
    #expect(rows.map(\.kept) == [22, 200, 2000])
    #expect(rows.map { ($0.day - first) / 86_400 } == [0, 1, 2])
    #expect(rows.allSatisfy { $0.day <= $0.lastUsed && $0.lastUsed < $0.day + 86_400 })
    #expect(rows.allSatisfy { $0.lastUsed <= after })
    #expect(try next.client().use(of: token.id)?.count == 2223)
  }

  @Test func refusesWhatMakesNoSenseAndCountsNothingOfIt() throws {
    let world = try World()
    let client = try world.daemon.client()
    let receipt = try Self.validate(world.secret(of: .user), client)
    let now = try Self.now(client)
    let good = Self.item(receipt, 1, at: now)
    let peers = try BothPeers(world.daemon)
    let invalid: [([UInt8], String)] = [
      (good + Self.item(receipt, 0, at: now), "uses[1].count"),
      (good + Self.item(receipt, 1_000_000_001, at: now), "uses[1].count"),
      (good + Self.item(receipt, .max, at: now), "uses[1].count"),
      (good + Self.item(receipt, 1, at: nil), "uses[1].last_used_at"),
      ([[UInt8]](repeating: good, count: 501).flatMap(\.self), "uses"),
    ]
    for (report, field) in invalid {
      let outcome = try Self.report(report, peers)
      #expect(outcome.code == 3 && outcome.field == field, "\(outcome)")
    }
    // One item of three has no receipt that is good; another has none at all.
    var forged = receipt
    forged[20] ^= 1
    let some = good + Self.item(forged, 1, at: now) + Self.item([], 1, at: now)
    #expect(try Self.refused(try Self.report(some, peers)) == 2)
    #expect(try Self.refused(try Self.report([], peers)) == 0)
    let many = [[UInt8]](repeating: good, count: 500).flatMap(\.self)
    #expect(try Self.refused(try Self.report(many, peers)) == 0)
    let next = try Self.again(world.daemon)
    #expect(try next.client().usage().map(\.kept) == [1002])
  }

  /// Only processes of the local user who presented the token can add to its counts.
  @Test(.enabled(if: StrangerSocket.canConnect, "needs root"))
  func isOfNoUseToAnotherLocalUser() throws {
    let world = try World(["--socket-mode", "0666"])
    let client = try world.daemon.client()
    let item = Self.item(
      try Self.validate(world.secret(of: .user), client), 5, at: try Self.now(client))
    let stranger = TTRPCPeer(socket: try StrangerSocket.connect(world.daemon))
    let outcome = try stranger.call(
      WireCall(service: "postern.v1.AuditService", method: "ReportUses", payload: item))
    #expect(try Self.refused(outcome) == 1)
    #expect(try Self.refused(try Self.report(item, try BothPeers(world.daemon))) == 0)
    let next = try Self.again(world.daemon)
    // Once on each protocol.
    #expect(try next.client().usage().map(\.kept) == [10])
  }

  /// A receipt outlives the daemon, but not the history of the ledger.
  @Test func isGoodAfterARestartAndNotInARestoredCopy() throws {
    let world = try World()
    let client = try world.daemon.client()
    let receipt = try Self.validate(world.secret(of: .user), client)
    let item = Self.item(receipt, 1, at: try Self.now(client))
    let copy = TemporaryFolder()
    _ = try client.backup { $0.setPath(copy.path("copy")) }
    let next = try Self.again(world.daemon)
    #expect(try Self.refused(try Self.report(item, try BothPeers(next))) == 0)
    let restored = TemporaryFolder()
    _ = try Restoration.restore(copy.path("copy"), into: restored.path("data")) { _, _ in }
    let other = try Daemon(folder: restored)
    #expect(try Self.refused(try Self.report(item, try BothPeers(other))) == 1)
  }
}

/// How a cache counts its uses, and tells the daemon.
@Suite struct CountedUsesTests {
  private let world: World
  private var bob: String { world.secret(of: .user) }

  init() throws { world = try World() }

  /// How often bob's token was used, and how often of that by kept answers, as the next daemon on
  /// the same data says.
  private func counts() throws -> [UInt64] {
    #expect(try world.daemon.stop() == .exited(0))
    let next = try Daemon(folder: world.daemon.folder)
    let rows = try next.client().usage { $0.setUserID("bob") }
    #expect(try next.stop() == .exited(0))
    return [rows.reduce(0) { $0 + $1.calls }, rows.reduce(0) { $0 + $1.kept }]
  }

  /// Uses what is kept, after a call of each method.
  private func use(_ keeper: Keeper, _ count: Int) throws {
    for _ in 0..<count {
      #expect(try keeper.validate(bob).isYes)
      #expect(try !keeper.check(CheckQuestion("integration.create"), bob).isYes)
    }
  }

  @Test func reportsAtItsEnd() throws {
    try use(Keeper(world.daemon), 10)
    #expect(try counts() == [20, 18])
  }

  @Test func reportsAtIntervals() throws {
    let keeper = try Keeper(world.daemon)
    keeper.cache.reportIntervalNanoseconds = 0
    try use(keeper, 10)
    keeper.cache.reportUses()
    // Of a cache that is still there; and a call behind a report has its own answer.
    #expect(try keeper.validate(world.secret(of: .administrator)) == .asked(true))
    #expect(try counts() == [20, 18])
    #expect(keeper.cache.unreportedCount == 0)
  }

  /// Also those of answers that were given up since, or made room.
  @Test func reportsWhatIsNotKeptAnyMore() throws {
    do {
      let client = try world.daemon.client()
      let cache = TokenCache(
        try world.daemon.client(), socketPath: world.daemon.socketPath, maximumAnswers: 1)
      for _ in 0..<3 { _ = try cache.validateToken(bob.utf8Span.span) { $0.active } }
      let others = try (0..<8).map { _ in try client.issueToken(for: "alice", of: "acme").secret }
      for other in others { _ = try cache.validateToken(other.utf8Span.span) { $0.active } }
      for _ in 0..<3 { _ = try cache.validateToken(bob.utf8Span.span) { $0.active } }
      try client.revoke(secret: bob)
      _ = try cache.validateToken(bob.utf8Span.span) { $0.active }
    }
    #expect(try counts() == [6, 4])
  }

  /// A daemon that hangs takes no reports. Uses go on and wait for nothing, and none is lost.
  @Test func waitsForNoDaemon() throws {
    do {
      let keeper = try Keeper(world.daemon)
      keeper.cache.reportIntervalNanoseconds = 0
      try use(keeper, 1)
      world.daemon.process.signal(SIGSTOP)
      try use(keeper, 20_000)
      world.daemon.process.signal(SIGCONT)
    }
    #expect(try counts() == [40_002, 40_000])
  }

  /// What was not reported when the daemon ended, the next one is told.
  @Test func reportsToTheNextDaemon() throws {
    let folder = world.daemon.folder
    let next: Daemon
    do {
      let keeper = try Keeper(world.daemon)
      try use(keeper, 10)
      next = try Daemon(["--take-over"], folder: folder)
      #expect(try world.daemon.process.wait() == .exited(0))
      // Finds the connection broken.
      keeper.cache.reportUses()
    }
    #expect(try next.stop() == .exited(0))
    let last = try Daemon(folder: folder)
    let rows = try last.client().usage { $0.setUserID("bob") }
    #expect(rows.reduce(0) { $0 + $1.kept } == 18)
    #expect(try last.stop() == .exited(0))
  }

  /// A report that finds the connection broken takes nothing from the next call.
  @Test func aBrokenConnectionIsFoundByNoCall() throws {
    let keeper = try Keeper(world.daemon)
    try use(keeper, 2)
    let next = try Daemon(["--take-over"], folder: world.daemon.folder)
    #expect(try world.daemon.process.wait() == .exited(0))
    keeper.cache.reportUses()
    keeper.cache.reportUses()
    #expect(try keeper.validate(bob) == .asked(true))
    #expect(try next.stop() == .exited(0))
  }
}
