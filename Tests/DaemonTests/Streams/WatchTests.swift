internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Changes as they happen, and as they have happened.
@Suite struct WatchTests {
  private static func watch(_ payload: [UInt8], bearer: String? = nil) -> WireCall {
    WireCall(
      service: "postern.v1.WatchService", method: "Watch", payload: payload, bearer: bearer)
  }

  private static func list(_ payload: [UInt8], bearer: String? = nil) -> WireCall {
    WireCall(
      service: "postern.v1.AuditService", method: "ListEvents", payload: payload, bearer: bearer)
  }

  /// What a message says: the revisions of its events, and the one up to which all was told.
  private struct Piece {
    var revisions: [UInt64] = []
    var kinds: [PosternV1.EventKind] = []
    let upTo: UInt64

    init(_ message: [UInt8]) throws {
      let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 16 << 20))
      let response = try PosternV1.WatchResponse(decoding: message.span, in: arena)
      upTo = response.revision
      for index in 0..<response.eventsCount {
        let event = response.events(at: index)
        revisions.append(event.attribution?.revision ?? 0)
        kinds.append(event.kind)
      }
    }
  }

  /// Reads until everything up to a revision was told, and returns the revisions of the events.
  private func read(_ peer: any StreamPeer, _ stream: UInt32, upTo last: UInt64) throws -> [UInt64]
  {
    var revisions: [UInt64] = []
    while true {
      guard case .message(let message) = try peer.next(stream) else {
        throw FixtureError("the watch has ended")
      }
      let piece = try Piece(message)
      revisions += piece.revisions
      if piece.upTo >= last { return revisions }
    }
  }

  private func revision(_ daemon: Daemon) throws -> UInt64 {
    let reply = try daemon.client().getStatus { _ in }
    return reply.message.revision
  }

  @Test(arguments: PeerKind.allCases) func tellsEverythingInOrderAndGoesOn(kind: PeerKind) throws {
    let world = try World()
    let peer = try kind.connect(world.daemon)
    let before = try revision(world.daemon)
    try peer.open(Self.watch(Encoding.field(1, integer: 1)), stream: 1)
    #expect(try read(peer, 1, upTo: before) == Array(1...before))
    let client = try world.daemon.client()
    for index in 0..<300 { try client.invite("new-\(index)", to: "acme") }
    #expect(try read(peer, 1, upTo: before + 300) == Array(before + 1...before + 300))
    // After a break nothing is missed and nothing comes twice.
    let again = try kind.connect(world.daemon)
    try again.open(Self.watch(Encoding.field(1, integer: before + 101)), stream: 1)
    #expect(try read(again, 1, upTo: before + 300) == Array(before + 101...before + 300))
  }

  @Test func standsFromTheBeginning() throws {
    let world = try World()
    let peer = try TTRPCPeer(world.daemon)
    let before = try revision(world.daemon)
    try peer.open(Self.watch([]), stream: 1)
    let greeting = try Piece(try #require(try peer.next(1).message))
    #expect(greeting.revisions.isEmpty)
    #expect(greeting.upTo == before)
    try world.daemon.client().invite("erin", to: "other")
    #expect(try read(peer, 1, upTo: before + 1) == [before + 1])
  }

  @Test func hearsABeatWhenNothingHappens() throws {
    let world = try World()
    let peer = try TTRPCPeer(world.daemon)
    let payload = Encoding.field(4, Encoding.field(1, integer: 1))
    try peer.open(Self.watch(payload), stream: 1)
    for _ in 0..<2 {
      let beat = try Piece(try #require(try peer.next(1).message))
      #expect(beat.revisions.isEmpty)
    }
  }

  /// A watch that is read slowly, or not at all, misses nothing and costs no memory.
  @Test func waitsForASlowReader() throws {
    let world = try World()
    let slow = try GRPCPeer(world.daemon, window: 100)
    try slow.open(Self.watch(Encoding.field(1, integer: 1)), stream: 1)
    let client = try world.daemon.client()
    for index in 0..<2000 { try client.invite("new-\(index)", to: "acme") }
    let last = try revision(world.daemon)
    let quick = try GRPCPeer(world.daemon)
    try quick.open(Self.watch(Encoding.field(1, integer: 1)), stream: 1)
    #expect(try read(quick, 1, upTo: last) == Array(1...last))
    try slow.openWindow(of: 1, by: 1 << 30)
    #expect(try read(slow, 1, upTo: last) == Array(1...last))
  }

  @Test func manyWatchersHearTheSame() throws {
    let world = try World()
    let peers = try (0..<10).map { _ in try GRPCPeer(world.daemon) }
    let before = try revision(world.daemon)
    let streams = (0..<100).map { UInt32(2 * $0 + 1) }
    for peer in peers {
      for stream in streams { try peer.open(Self.watch([]), stream: stream) }
      for stream in streams { _ = try peer.next(stream) }
    }
    try world.daemon.client().invite("erin", to: "other")
    for peer in peers {
      for stream in streams {
        #expect(try read(peer, stream, upTo: before + 1) == [before + 1])
      }
    }
  }

  /// What is published while a watcher looks through what came before is told, though nothing
  /// comes after it: the one event that the watch is for ends each round.
  @Test(arguments: PeerKind.allCases) func missesNothingWhileItLooks(kind: PeerKind) throws {
    let world = try World()
    let watcher = try kind.connect(world.daemon)
    let payload = Encoding.field(2, "other") + Encoding.field(4, Encoding.field(1, integer: 86_400))
    try watcher.open(Self.watch(payload), stream: 1)
    _ = try watcher.next(1)
    let writer = try TTRPCPeer(world.daemon)
    var put = WireCall(service: "postern.v1.DirectoryService", method: "PutResource")
    func resource(_ organization: String, _ text: String) -> [UInt8] {
      Encoding.field(1, organization) + Encoding.field(2, "dashboard") + Encoding.field(3, "one")
        + Encoding.field(4, text)
    }
    var stream: UInt32 = 1
    for round in 0..<60 {
      // Several batches, the last of which is of any length.
      var frames: [UInt8] = []
      let count = 200 + 7 * round
      for index in 0..<count {
        let isLast = index == count - 1
        put.payload = resource(isLast ? "other" : "acme", "\(round) \(index)")
        frames += TTRPCPeer.frame(TTRPCPeer.request(put), stream: stream)
        stream += 2
      }
      try writer.socket.send(frames)
      for _ in 0..<count { #expect(try writer.receive().outcome.code == 0) }
      let last = try revision(world.daemon)
      #expect(try read(watcher, 1, upTo: last) == [last], "round \(round)")
    }
  }

  @Test func endsWithTheRightsOfItsToken() throws {
    let world = try World()
    let client = try world.daemon.client()
    let acme = Encoding.field(2, "acme")
    let peer = try TTRPCPeer(world.daemon)
    let secret = world.secret(of: .administrator)
    try peer.open(Self.watch(acme, bearer: secret), stream: 1)
    _ = try peer.next(1)
    try client.revoke(secret: secret)
    // What revoked the token is not told to its bearer any more.
    #expect(try peer.next(1).outcome?.code == 16)
    let other = try client.issueToken(for: "alice", of: "other").secret
    try peer.open(Self.watch(Encoding.field(2, "other"), bearer: other), stream: 3)
    _ = try peer.next(3)
    try client.setAdministrator("alice", of: "other", false)
    #expect(try peer.next(3).outcome?.code == 7)
  }

  @Test func isForCallersWithTheRight() throws {
    let world = try World()
    let peer = try TTRPCPeer(world.daemon)
    let acme = Encoding.field(2, "acme")
    let newest = try revision(world.daemon)
    let cases: [(String?, [UInt8], Int32)] = [
      (world.secret(of: .user), acme, 7), (world.secret(of: .stranger), acme, 7),
      (world.secret(of: .administrator), [], 7), (world.secret(of: .apiToken), acme, 7),
      (world.secret(of: .expired), acme, 16), ("garbage", acme, 16),
      (nil, Encoding.field(2, "-"), 3),
      (nil, Encoding.field(1, integer: newest + 2), 11),
      (nil, Encoding.field(3, integer: 99), 3),
      (nil, Encoding.field(4, Encoding.field(2, integer: 1)), 3),
      (nil, Encoding.field(15, integer: newest + 1), 14),
    ]
    for (index, (bearer, payload, code)) in cases.enumerated() {
      let stream = UInt32(2 * index + 1)
      try peer.open(Self.watch(payload, bearer: bearer), stream: stream)
      let outcome = try peer.all(stream).outcome
      #expect(outcome.code == code, "case \(index): \(outcome)")
    }
  }

  @Test(arguments: PeerKind.allCases) func listsWhatWas(kind: PeerKind) throws {
    let world = try World()
    let peer = try kind.connect(world.daemon)
    let last = try revision(world.daemon)
    func revisions(
      _ payload: [UInt8], bearer: String? = nil, stream: UInt32
    ) throws -> (events: [UInt64], upTo: UInt64?) {
      try peer.open(Self.list(payload, bearer: bearer), stream: stream)
      let (messages, outcome) = try peer.all(stream)
      #expect(outcome.code == 0)
      let pieces = try messages.map(Piece.init)
      return (pieces.flatMap(\.revisions), pieces.last?.upTo)
    }
    #expect(try revisions([], stream: 1) == (Array(1...last), last))
    let some = Encoding.field(9, integer: 5) + Encoding.field(10, integer: 3)
    #expect(try revisions(some, stream: 3) == ([5, 6, 7], 7))
    let acme = Encoding.field(1, "acme")
    let admin = world.secret(of: .administrator)
    let ofAcme = try revisions(acme, bearer: admin, stream: 5)
    #expect(ofAcme.upTo == last)
    #expect(ofAcme.events.count > 10 && ofAcme.events.count < Int(last))
    // A user may watch itself, and no other user.
    let bob = acme + Encoding.field(2, "bob")
    let user = world.secret(of: .user)
    #expect(try revisions(bob, bearer: user, stream: 7).events.count == 2)
    try peer.open(Self.list(acme, bearer: user), stream: 9)
    #expect(try peer.all(9).outcome.code == 7)
    try peer.open(Self.list(acme + Encoding.field(2, "carol"), bearer: user), stream: 11)
    #expect(try peer.all(11).outcome.code == 7)
    try peer.open(Self.list(Encoding.field(9, integer: last + 1)), stream: 13)
    #expect(try peer.all(13).outcome.code == 11)
  }
}
