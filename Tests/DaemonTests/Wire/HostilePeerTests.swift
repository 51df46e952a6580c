internal import Glibc
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// What strangers send. Whatever it is, the next honest peer is served.
@Suite struct HostilePeerTests {
  @Test func waitsForAPrefaceInPieces() throws {
    let world = try World()
    let call = WireCall(payload: Encoding.field(1, world.secret(of: .user)))
    let grpc = try GRPCPeer(world.daemon, greets: false)
    let bytes =
      GRPCPeer.preface + GRPCPeer.settings + GRPCPeer.head(call, stream: 1)
      + GRPCPeer.body(call.payload, stream: 1, size: 7)
    for byte in bytes { try grpc.socket.send([byte]) }
    let ttrpc = try TTRPCPeer(world.daemon)
    for byte in TTRPCPeer.frame(TTRPCPeer.request(call), stream: 1) {
      try ttrpc.socket.send([byte])
    }
    let outcome = try ttrpc.receive().outcome
    #expect(outcome.code == 0 && outcome.payload.first == 0x08)
    #expect(try grpc.receive(1) == outcome)
  }

  /// Every split of a request in two.
  @Test func waitsForASplitRequest() throws {
    let world = try World()
    let call = WireCall(payload: Encoding.field(1, world.secret(of: .user)))
    let peer = try TTRPCPeer(world.daemon)
    let length = TTRPCPeer.frame(TTRPCPeer.request(call), stream: 1).count
    for split in 1..<length {
      let stream = UInt32(2 * split + 1)
      let bytes = TTRPCPeer.frame(TTRPCPeer.request(call), stream: stream)
      try peer.socket.send(Array(bytes[..<split]))
      try peer.socket.send(Array(bytes[split...]))
      #expect(try peer.receive().outcome.code == 0)
    }
  }

  @Test(
    arguments: [
      Array("PRI * HTTP/1.1\r\n\r\n".utf8), Array("get / HTTP/1.1".utf8),
      Array("HELO x\r\n".utf8), Array("\n".utf8), Array("A\n".utf8),
      Array(repeating: 0x41, count: 9000), [0x16, 0x03, 0x01, 0x02, 0x00], [0xff],
      [0x01, 0x00, 0x00, 0x00], Array("P\u{0}".utf8),
    ] as [[UInt8]])
  func closesWhatSpeaksAnotherProtocol(_ bytes: [UInt8]) throws {
    let daemon = try Daemon()
    let socket = try RawSocket(daemon)
    try socket.send(bytes)
    #expect(try socket.waitForEnd() == 0, "nothing is said to a stranger")
    #expect(try daemon.client().revision() == 0)
  }

  @Test func closesTheSilent() throws {
    let daemon = try Daemon(["--handshake-timeout", "1", "--log-level", "debug"])
    let silent = try RawSocket(daemon)
    let slow = try RawSocket(daemon)
    try slow.send(Array("PRI *".utf8))
    #expect(try silent.waitForEnd() == 0)
    #expect(try slow.waitForEnd() == 0)
    #expect(try daemon.client().revision() == 0)
    #expect(try daemon.stop() == .exited(0))
    #expect(daemon.process.says("handshake timeout"))
  }

  @Test func boundsATTRPCFrame() throws {
    let daemon = try Daemon(["--max-message-bytes", "4194304"])
    let peer = try TTRPCPeer(daemon)
    // Exactly the limit: read and judged as a request.
    let body = TTRPCPeer.request(
      WireCall(payload: Encoding.field(1, String(repeating: "a", count: (4 << 20) - 100))))
    var call = body
    call += Encoding.field(9, [UInt8](repeating: 0, count: (4 << 20) - body.count - 2))
    #expect(call.count == 4 << 20)
    try peer.socket.send(TTRPCPeer.frame(call, stream: 1))
    #expect(try peer.receive().outcome.code == 0, "a secret that long is not active")
    // One more: refused, and the connection goes on.
    try peer.socket.send(TTRPCPeer.frame(call + [0], stream: 3))
    let refusal = try peer.receive()
    #expect(refusal.stream == 3 && refusal.outcome.code == 8)
    #expect(try peer.call(WireCall(), stream: 5).code == 0)
    // Nothing that could be meant: closed at once.
    try peer.socket.send(TTRPCPeer.header(length: 0xffff_ffff, stream: 7))
    #expect(try peer.socket.waitForEnd() == 0)
    #expect(try daemon.client().revision() == 0)
  }

  @Test func refusesStreamsOutOfOrder() throws {
    let daemon = try Daemon()
    let peer = try TTRPCPeer(daemon)
    #expect(try peer.call(WireCall(), stream: 5).code == 0)
    for stream: UInt32 in [0, 2, 5, 3, 1, 6] {
      #expect(try peer.call(WireCall(), stream: stream).code == 3, "stream \(stream)")
    }
    #expect(try peer.call(WireCall(), stream: UInt32.max).code == 0)
    #expect(try peer.call(WireCall(), stream: UInt32.max).code == 3)
  }

  /// containerd's server dies of the first of these.
  @Test func livesThroughDataOnUnaryCalls() throws {
    let daemon = try Daemon()
    let peer = try TTRPCPeer(daemon)
    let data = { (stream: UInt32, flags: UInt8) in
      TTRPCPeer.frame([1, 2, 3], stream: stream, type: 3, flags: flags)
    }
    let request = TTRPCPeer.frame(
      TTRPCPeer.request(WireCall(method: "RevokeToken", payload: Encoding.field(1, "x"))),
      stream: 1)
    // On a call that waits for the writer: it is answered once, by one or the other.
    try peer.socket.send(request + data(1, 0) + data(1, 1))
    #expect([0, 12].contains(try peer.receive().outcome.code))
    // On a finished, an unknown and no stream, with any flags, and frames of no known type.
    for flags: UInt8 in [0, 1, 2, 4, 5, 255] {
      for stream: UInt32 in [0, 1, 77, .max] { try peer.socket.send(data(stream, flags)) }
    }
    for type: UInt8 in [0, 2, 9, 255] {
      try peer.socket.send(TTRPCPeer.frame([7], stream: 3, type: type))
    }
    #expect(try peer.call(WireCall(), stream: 3).code == 0)
    // A unary method called as a stream.
    let asStream = TTRPCPeer.frame(TTRPCPeer.request(WireCall()), stream: 5, flags: 2)
    try peer.socket.send(asStream)
    let answer = try peer.receive()
    #expect(answer.stream == 5 && answer.outcome.code != 0)
    #expect(try peer.call(WireCall(), stream: 7).code == 0)
    #expect(try daemon.client().revision() == 0)
  }

  /// A text that could be read as another name is refused, and the error names the field.
  @Test func refusesAmbiguousRequests() throws {
    let world = try World()
    let acme = Encoding.field(1, "acme")
    let invite = { (payload: [UInt8]) in
      WireCall(service: "postern.v1.DirectoryService", method: "InviteUser", payload: payload)
    }
    let check = { (payload: [UInt8]) in
      WireCall(
        service: "postern.v1.PermissionService", method: "Check",
        payload: Encoding.field(2, "dashboard.update") + payload)
    }
    let user = Encoding.field(4, acme + Encoding.field(2, "alice"))
    let calls: [(WireCall, String)] = [
      (invite(acme + Encoding.field(2, Array("admin\u{0}x".utf8))), "user_id"),
      (invite(acme + Encoding.field(2, [0x61, 0xc0, 0x80])), "user_id"),
      (invite(acme + Encoding.field(2, [0xed, 0xa0, 0x80])), "user_id"),
      (invite(acme + Encoding.field(2, integer: 7)), "user_id"),
      (invite(acme + Encoding.field(2, "")), "user_id"),
      (invite(acme + Encoding.field(2, "bob smith")), "user_id"),
      (invite(acme + Encoding.field(2, "-bob")), "user_id"),
      (invite(acme + Encoding.field(2, String(repeating: "b", count: 129))), "user_id"),
      (invite(Encoding.field(1, "ac/me") + Encoding.field(2, "bob")), "organization_id"),
      (
        invite(
          acme + Encoding.field(2, "x") + Encoding.field(3, String(repeating: "é", count: 129))),
        "display_name"
      ),
      (check(user + user), "user"),
      (check(Encoding.field(3, []) + user + Encoding.field(3, Encoding.field(2, "x"))), "resource"),
      (check(user + Encoding.field(3, Encoding.field(1, "detector"))), "resource.type"),
      (check(user + Encoding.field(5, "a b")), "target_user_id"),
      (check(user + Encoding.field(1, world.secret(of: .user))), "token_secret"),
      (check(Encoding.field(4, acme)), "user.user_id"),
    ]
    let ttrpc = try TTRPCPeer(world.daemon)
    let grpc = try GRPCPeer(world.daemon)
    let before = try world.daemon.client().revision()
    for (index, (call, field)) in calls.enumerated() {
      let stream = UInt32(2 * index + 1)
      let outcome = try ttrpc.call(call, stream: stream)
      #expect(outcome.code == 3, "\(field): \(outcome)")
      #expect(outcome.message.contains("`\(field)`"), "\(field): \(outcome)")
      #expect(outcome.field == field, "\(field): \(outcome)")
      #expect(try grpc.call(call, stream: stream) == outcome)
    }
    #expect(try world.daemon.client().revision() == before)
  }

  @Test func boundsWhatDecodingCosts() throws {
    let daemon = try Daemon()
    let before = try residentBytes(daemon)
    let batch = "postern.v1.PermissionService"
    var deep: [UInt8] = []
    for _ in 0..<10_000 { deep = Encoding.field(1, deep) }
    let calls: [WireCall] = [
      // Nested as deep as fits, in a field that is known and in one that is not.
      WireCall(service: batch, method: "BatchCheck", payload: Encoding.field(2, deep)),
      WireCall(service: batch, method: "BatchCheck", payload: Encoding.field(99, deep)),
      // Empty messages, empty strings, and unknown fields: a few bytes each on the wire.
      WireCall(
        service: batch, method: "BatchCheck",
        payload: [[UInt8]](repeating: [0x1a, 0x00], count: 2_000_000).flatMap { $0 }),
      WireCall(
        method: "IssueToken",
        payload: [[UInt8]](repeating: [0x30, 0x01], count: 2_000_000).flatMap { $0 }),
      WireCall(payload: [[UInt8]](repeating: [0x78, 0x00], count: 2_000_000).flatMap { $0 }),
      WireCall(payload: [[UInt8]](repeating: [0xf8, 0x7f, 0], count: 1_300_000).flatMap { $0 }),
    ]
    let ttrpc = try TTRPCPeer(daemon)
    for (index, call) in calls.enumerated() {
      let outcome = try ttrpc.call(call, stream: UInt32(2 * index + 1))
      #expect([3, 8, 12].contains(outcome.code) || index == 1, "\(index): \(outcome)")
    }
    #expect(try residentBytes(daemon) - before < 200 << 20)
    #expect(try daemon.client().revision() == 0)
  }

  @Test func givesUpAtADeadline() throws {
    let world = try World()
    let ttrpc = try TTRPCPeer(world.daemon)
    let grpc = try GRPCPeer(world.daemon)
    let before = try world.daemon.client().revision()
    let issue = WireCall(
      method: "IssueToken", payload: Encoding.field(1, "acme") + Encoding.field(2, "bob"))
    for (index, timeout) in [-1, .min, -1_000_000_000].enumerated() as EnumeratedSequence<[Int64]> {
      for (offset, call) in [issue, WireCall()].enumerated() {
        var late = call
        late.timeout = timeout
        let stream = UInt32(4 * index + 2 * offset + 1)
        let outcome = try ttrpc.call(late, stream: stream)
        #expect(outcome.code == 4)
        #expect(try grpc.call(late, stream: stream) == outcome)
      }
    }
    #expect(try world.daemon.client().revision() == before, "nothing was begun")
    // The furthest deadlines are deadlines too.
    for (index, timeout) in [Int64.max, 99_999_999].enumerated() {
      var late = issue
      late.timeout = timeout
      #expect(try ttrpc.call(late, stream: UInt32(101 + 2 * index)).code == 0)
    }
    var hour = issue
    hour.timeout = 99_999_999
    #expect(try grpc.call(hour, stream: 101).code == 0)
  }

  @Test func namesItsLimits() throws {
    let world = try World([
      "--max-message-bytes", "2048", "--max-header-bytes", "512", "--max-calls-in-flight", "4",
      "--max-connections", "40",
    ])
    let large = WireCall(payload: Encoding.field(1, String(repeating: "a", count: 3000)))
    let wordy = WireCall(bearer: String(repeating: "a", count: 1000))
    for (call, limit) in [(large, "max-message-bytes"), (wordy, "max-header-bytes")] {
      let first = try TTRPCPeer(world.daemon).call(call)
      let second = try GRPCPeer(world.daemon).call(call)
      #expect(first.code == 8 && first == second, "\(first) but \(second)")
      #expect(first.metadata["limit"] == limit, "\(first)")
    }
    // Calls in flight: the peer does not read, and the writer answers each.
    let peer = try TTRPCPeer(world.daemon)
    let revoke = WireCall(method: "RevokeToken", payload: Encoding.field(1, "x"))
    var burst: [UInt8] = []
    for index in 0..<200 {
      burst += TTRPCPeer.frame(TTRPCPeer.request(revoke), stream: UInt32(2 * index + 1))
    }
    try peer.socket.send(burst)
    var refused: Set<String> = []
    for _ in 0..<200 {
      let outcome = try peer.receive().outcome
      #expect(outcome.code == 0 || outcome.code == 8)
      if outcome.code == 8 { refused.insert(outcome.metadata["limit"] ?? outcome.message) }
    }
    #expect(refused == ["max-calls-in-flight"])
  }

  @Test func boundsConnections() throws {
    let daemon = try Daemon(["--max-connections", "20"])
    var clients: [PosternClient] = []
    for _ in 0..<20 {
      let client = try daemon.client()
      _ = try client.revision()
      clients.append(client)
    }
    for _ in 0..<5 {
      let refused = try RawSocket(daemon)
      #expect(try refused.waitForEnd() == 0)
    }
    for client in clients { _ = try client.revision() }
    // Each that goes makes room for another.
    clients.removeLast(10)
    for _ in 0..<200 where clients.count < 20 {
      let client = try daemon.client()
      if failure({ () throws(ClientError) in try client.revision() }) == nil {
        clients.append(client)
      }
    }
    #expect(clients.count == 20)
    #expect(try daemon.stop() == .exited(0))
    #expect(daemon.process.says("max-connections"))
  }

  @Test func servesBesideManyIdleConnections() throws {
    let daemon = try Daemon()
    var idle: [RawSocket] = []
    for index in 0..<500 {
      let socket = try RawSocket(daemon)
      // Some have said a part of something.
      if index % 3 == 1 { try socket.send([0, 0]) }
      if index % 3 == 2 { try socket.send(GRPCPeer.preface + GRPCPeer.settings) }
      idle.append(socket)
    }
    let client = try daemon.client()
    #expect(try client.connectionCount() == 501)
    let before = try residentBytes(daemon)
    #expect(before < 300 << 20)
    idle.removeAll()
    try client.createOrganization("acme", administrator: "alice")
    #expect(try daemon.stop() == .exited(0))
  }

  /// A peer that asks and never reads: what it makes the daemon hold is bounded, and others are
  /// served.
  @Test func boundsWhatAPeerLeavesUnread() throws {
    let world = try World(["--drain-timeout", "0"])
    let client = try world.daemon.client()
    for index in 0..<100 {
      _ = try client.inviteUser {
        $0.setOrganizationID("acme")
        $0.setUserID("user-\(index)")
        $0.setDisplayName(String(repeating: "n", count: 256))
      }
    }
    let list = WireCall(
      service: "postern.v1.DirectoryService", method: "ListUsers",
      payload: Encoding.field(1, "acme") + Encoding.field(2, integer: 1000))
    let before = try residentBytes(world.daemon)
    let deaf = try RawSocket(world.daemon)
    var requests: [UInt8] = []
    for index in 0..<20_000 {
      requests += TTRPCPeer.frame(TTRPCPeer.request(list), stream: UInt32(2 * index + 1))
    }
    var rest = requests[...]
    while !rest.isEmpty, try deaf.waitUntilWritable(milliseconds: 200) {
      rest = rest.dropFirst(deaf.sendSome(rest))
    }
    #expect(!rest.isEmpty, "the daemon reads on although its answers are not read")
    #expect(try client.isActive(world.secret(of: .user)), "others are served")
    #expect(try residentBytes(world.daemon) - before < 64 << 20)

    // The same with HTTP/2, whose peer grants all the window that it can.
    let deafToo = try GRPCPeer(world.daemon)
    var calls: [UInt8] = []
    for index in 0..<700 {
      let stream = UInt32(2 * index + 1)
      calls += GRPCPeer.head(list, stream: stream) + GRPCPeer.body(list.payload, stream: stream)
    }
    rest = calls[...]
    while !rest.isEmpty, try deafToo.socket.waitUntilWritable(milliseconds: 200) {
      rest = rest.dropFirst(deafToo.socket.sendSome(rest))
    }
    #expect(try client.isActive(world.secret(of: .user)))
    #expect(try residentBytes(world.daemon) - before < 96 << 20)
    // Nor does it keep the daemon from ending.
    #expect(try world.daemon.stop() == .exited(0))
    #expect(world.daemon.process.says("calls were cut off"))
  }

  /// Calls whose peer is gone are carried out, and their answers dropped.
  @Test func livesThroughPeersThatDie() throws {
    let world = try World()
    let issue = WireCall(
      method: "IssueToken", payload: Encoding.field(1, "acme") + Encoding.field(2, "bob"))
    for round in 0..<50 {
      let ttrpc = try TTRPCPeer(world.daemon)
      let frame = TTRPCPeer.frame(TTRPCPeer.request(issue), stream: 1)
      try ttrpc.socket.send(round % 2 == 0 ? frame : Array(frame.dropLast(3)))
      let grpc = try GRPCPeer(world.daemon)
      try grpc.socket.send(
        GRPCPeer.head(issue, stream: 1) + GRPCPeer.body(issue.payload, stream: 1)
          + (round % 3 == 0 ? GRPCPeer.frame(3, stream: 1, bigEndian(8)) : []))
    }
    let client = try world.daemon.client()
    #expect(try client.isActive(world.secret(of: .user)))
    try client.waitForConnections(atMost: 1)
    #expect(try world.daemon.stop() == .exited(0))
  }

  /// A peer that has said all it will say still gets its answers.
  @Test func answersAHalfClosedPeer() throws {
    let world = try World()
    let peer = try TTRPCPeer(world.daemon)
    for index in 0..<20 {
      let call = WireCall(
        method: "IssueToken", payload: Encoding.field(1, "acme") + Encoding.field(2, "bob"))
      try peer.send(call, stream: UInt32(2 * index + 1))
    }
    try peer.socket.finishSending()
    for _ in 0..<20 { #expect(try peer.receive().outcome.code == 0) }
    #expect(try peer.socket.waitForEnd() == 0)
  }

  /// The drain of HTTP/2: announced, then told with the last stream that was taken; then the end.
  @Test func saysGoodbye() throws {
    let world = try World()
    let peer = try GRPCPeer(world.daemon)
    #expect(try peer.call(WireCall(), stream: 1).code == 0)
    world.daemon.process.signal(SIGTERM)
    while peer.goAways.count < 2 { try peer.readFrame() }
    #expect(peer.goAways == [0x7fff_ffff, 1])
    #expect(throws: FixtureError.self) { while true { try peer.readFrame() } }
    #expect(try world.daemon.process.wait() == .exited(0))
  }

  /// The memory that the daemon has in use.
  private func residentBytes(_ daemon: Daemon) throws -> Int {
    let file = unsafe fopen("/proc/\(daemon.process.processID)/statm", "r")
    guard let file = unsafe file else { throw FixtureError("no statistics of the daemon") }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = unsafe fread(&buffer, 1, 255, file)
    unsafe fclose(file)
    let text = String(decoding: buffer[..<count], as: UTF8.self)
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(getpagesize())
  }
}
