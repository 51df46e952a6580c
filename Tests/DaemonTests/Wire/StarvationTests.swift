internal import Glibc
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Peers that take what others need: memory, descriptors, turns.
@Suite struct StarvationTests {
  private static let list = WireCall(
    service: "postern.v1.DirectoryService", method: "ListUsers",
    payload: Encoding.field(1, "acme") + Encoding.field(2, integer: 1000))

  /// What one peer asks without taking any answer.
  private func calls(_ call: WireCall, _ count: Int, from first: UInt32 = 1) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * 256)
    for index in 0..<count {
      let stream = first + UInt32(2 * index)
      bytes += GRPCPeer.head(call, stream: stream) + GRPCPeer.body(call.payload, stream: stream)
    }
    return bytes
  }

  /// Makes `list` give a long answer.
  private func inviteMany(_ siege: Siege) throws {
    let client = try siege.daemon.client()
    for index in 0..<150 {
      _ = try client.inviteUser {
        $0.setOrganizationID("acme")
        $0.setUserID("user-\(index)")
        $0.setDisplayName(String(repeating: "n", count: 256))
      }
    }
  }

  /// A peer that opens its window byte by byte gets its answer so.
  @Test func dribblesAnAnswer() throws {
    let siege = try Siege()
    try inviteMany(siege)
    let peer = try GRPCPeer(siege.daemon, greets: false)
    let greeting = GRPCPeer.preface + GRPCPeer.frame(4, [0, 4] + bigEndian(0))
    let updates = [[UInt8]](
      repeating: GRPCPeer.frame(8, stream: 1, bigEndian(1)), count: 10_000)
    _ = try peer.socket.pour(greeting + calls(Self.list, 1) + updates.flatMap { $0 })
    try siege.serveBystander()
    _ = try peer.socket.pour(GRPCPeer.frame(8, stream: 1, bigEndian(1 << 20)))
    #expect(try peer.receive(1).payload.count > 10_000)
    try siege.lift("an answer byte by byte", growthMaximum: 16 << 20)
  }

  /// Peers that open no window: the answers wait, and their number is bounded.
  @Test func boundsAnswersWithoutAWindow() throws {
    let siege = try Siege()
    try inviteMany(siege)
    // A window of zero, as a setting; the connection's stays at 64 KiB.
    let greeting = GRPCPeer.preface + GRPCPeer.frame(4, [0, 4] + bigEndian(0))
    let requests = greeting + calls(Self.list, 2000)
    // The second time shows whether the first has left anything.
    for _ in 0..<2 {
      var peers: [GRPCPeer] = []
      for isDeaf in [false, true] {
        let peer = try GRPCPeer(siege.daemon, greets: false)
        _ = try peer.socket.pour(requests, isDeaf: isDeaf)
        peers.append(peer)
        try siege.serveBystander()
      }
      // Twice 16 MiB of answers, and what goes with each.
      #expect(try siege.growthBytes() < 64 << 20)
      peers.removeAll()
      let client = try siege.daemon.client()
      try client.waitForConnections(atMost: 2)
    }
    try siege.lift("zero window, 2 peers × 2", growthMaximum: 64 << 20)
  }

  /// Peers that never read what is small: many calls each.
  @Test func boundsWhatManyLeaveUnread() throws {
    let siege = try Siege()
    var peers: [GRPCPeer] = []
    let requests = calls(siege.call, 14_000)
    for _ in 0..<4 {
      let peer = try siege.peer()
      _ = try peer.socket.pour(requests, isDeaf: true)
      peers.append(peer)
      try siege.serveBystander()
    }
    try siege.lift("never reading, 4 peers", growthMaximum: 64 << 20)
    withExtendedLifetime(peers) {}
  }

  @Test func outlivesPeersThatDieWithinAFrame() throws {
    let siege = try Siege()
    let bytes =
      GRPCPeer.preface + GRPCPeer.settings + GRPCPeer.head(siege.call, stream: 1)
      + GRPCPeer.body(siege.call.payload, stream: 1, size: 9)
    for round in 0..<200 {
      let socket = try RawSocket(siege.daemon)
      let count = 1 + round * (bytes.count - 1) / 200
      try socket.send(Array(bytes[..<count]))
    }
    let client = try siege.daemon.client()
    // Until the daemon has noticed all of them: the bystander and the asking client stay.
    try client.waitForConnections(atMost: 2)
    try siege.lift("death within a frame × 200", growthMaximum: 16 << 20)
  }

  /// A peer that goes on calling does not keep the daemon from ending.
  @Test func endsAmidCalls() throws {
    let siege = try Siege(drainSeconds: 30)
    let peer = try siege.peer()
    var first: UInt32 = 1
    var requests = calls(siege.call, 200, from: first)
    _ = try peer.socket.pour(requests)
    siege.daemon.process.signal(SIGTERM)
    repeat {
      first += 400
      requests = calls(siege.call, 200, from: first)
    } while try peer.socket.pour(requests) == requests.count
    peer.readToEnd()
    #expect(peer.goAwayCodes.prefix(2) == [0, 0])
    #expect(try siege.daemon.process.wait() == .exited(0))
    #expect(!siege.daemon.process.wholeOutput().contains("calls were cut off"))
  }

  @Test func outlivesPeersThatLeaveAtOnce() throws {
    let siege = try Siege()
    for _ in 0..<2000 { _ = try RawSocket(siege.daemon) }
    let client = try siege.daemon.client()
    try client.waitForConnections(atMost: 2)
    try siege.lift("2,000 connects without a word", growthMaximum: 16 << 20)
  }

  /// More connections than descriptors: those inside are served, the others wait outside until
  /// someone goes.
  @Test(.enabled(if: ProcessMemory.isMeaningful)) func outlivesItsDescriptors() throws {
    let siege = try Siege(descriptors: 64)
    var inside: [GRPCPeer] = []
    for _ in 0..<20 {
      let peer = try siege.peer()
      #expect(try peer.call(siege.call, stream: 1).code == 0)
      inside.append(peer)
    }
    var crowd: [GRPCPeer] = []
    for _ in 0..<80 {
      let peer = try siege.peer()
      try peer.send(siege.call, stream: 1)
      crowd.append(peer)
    }
    while !siege.daemon.process.wholeOutput().contains("no descriptor for a connection") {
      try siege.serveBystander()
    }
    for peer in inside { #expect(try peer.call(siege.call, stream: 3).code == 0) }
    // The first of the crowd make room for the last.
    crowd.removeFirst(70)
    for peer in crowd { #expect(try peer.receive(1).code == 0) }
    for peer in inside { #expect(try peer.call(siege.call, stream: 5).code == 0) }
    crowd.removeAll()
    try siege.lift("descriptors exhausted", growthMaximum: 16 << 20)
  }

  /// It ends as usual with nothing left to open.
  @Test(.enabled(if: ProcessMemory.isMeaningful)) func endsWithoutADescriptor() throws {
    let siege = try Siege(descriptors: 64)
    var crowd: [GRPCPeer] = []
    for _ in 0..<80 { crowd.append(try siege.peer()) }
    while !siege.daemon.process.wholeOutput().contains("no descriptor for a connection") {
      try siege.serveBystander()
    }
    #expect(try siege.daemon.stop() == .exited(0))
    withExtendedLifetime(crowd) {}
  }

  /// What a connection costs that has nothing to say, by how far it has come.
  @Test(arguments: ["silent", "ttrpc", "gRPC"]) func boundsIdleConnections(_ kind: String) throws {
    let siege = try Siege(["--handshake-timeout", "120"])
    let client = try siege.daemon.client()
    let count = try Self.descriptorsAtHand(atMost: 2000)
    var idle: [RawSocket] = []
    let base = try client.connectionCount()
    let before = try ProcessMemory(siege.daemon).anonymousBytes
    for _ in 0..<count {
      let socket = try RawSocket(siege.daemon)
      switch kind {
      case "ttrpc":
        let call = TTRPCPeer.frame(TTRPCPeer.request(siege.call), stream: 1)
        try socket.send(call)
        _ = try socket.take(10)
      case "gRPC":
        try socket.send(GRPCPeer.preface + GRPCPeer.settings + calls(siege.call, 1))
        _ = try socket.take(9)
      default: break
      }
      idle.append(socket)
    }
    try client.waitForConnections(atLeast: base + UInt32(count))
    let each = (try ProcessMemory(siege.daemon).anonymousBytes - before) / count
    #expect(each < 64 << 10, "\(each) bytes for each connection")
    try siege.lift("\(count) idle connections, \(kind)", growthMaximum: 64 << 20)
    idle.removeAll()
  }

  /// How many descriptors a test may take of what this process may have, so that others that run
  /// beside it have enough.
  private static func descriptorsAtHand(atMost maximum: Int) throws -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      throw FixtureError("no limit on descriptors")
    }
    return min(maximum, max(50, (Int(limit.rlim_cur) - 700) / 4))
  }

  /// A thousand calls of one peer don't come before the one call of another.
  ///
  /// The daemon is stopped while both ask, so that it finds both at once, the many first. If it
  /// answered all of them before it looked at the other, they would have come when the other's
  /// answer has, each time.
  @Test func takesTurns() throws {
    let siege = try Siege(["--workers", "1"])
    let crowd = try siege.peer()
    let single = try siege.peer()
    let count = 1000
    var isAhead = 0
    for round in 0..<12 {
      let first = UInt32(2 * count * round + 1)
      let bytes = calls(siege.call, count, from: first)
      let turn = UInt32(2 * round + 1)
      siege.daemon.process.signal(SIGSTOP)
      let early = crowd.socket.sendSome(bytes[...])
      try single.send(siege.call, stream: turn)
      siege.daemon.process.signal(SIGCONT)
      _ = try crowd.socket.pour(Array(bytes[early...]))
      #expect(try single.receive(turn).code == 0)
      let answered = try crowd.readAtHand() - round * count
      if answered < count { isAhead += 1 }
      for index in 0..<count { _ = try crowd.receive(first + UInt32(2 * index)) }
    }
    #expect(isAhead > 0)
    try siege.lift("1,000 calls in flight × 12", growthMaximum: 32 << 20)
  }
}
