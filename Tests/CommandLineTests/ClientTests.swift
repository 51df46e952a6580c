internal import Messages
internal import PosternClient
internal import RPC
internal import TestSupport
internal import Testing

/// The client library against a daemon that does what the test says.
@Suite struct ClientTests {
  @Test func typedCallFillsAndReads() throws {
    let daemon = try FakeDaemon(bearerToken: "secret")
    // field 1 (active): true, field 15 (revision): 7
    try daemon.answer(1, [0x08, 1, 0x78, 7])
    daemon.client.timeout = .seconds(60)
    let reply = try daemon.client.validateToken { $0.setSecret("abc") }
    let (active, revision) = (reply.message.active, reply.message.revision)
    #expect(active)
    #expect(revision == 7)
    #expect(
      try daemon.takeCalls() == [
        "1 postern.v1.TokenService/ValidateToken \n\u{3}abc bearer=secret timeout=60000000000"
      ])
  }

  @Test func failureCarriesItsDetails() throws {
    let daemon = try FakeDaemon()
    try daemon.fail(
      1,
      Status(
        .permissionDenied, "no", reason: "ACTION_NOT_ALLOWED",
        metadata: [(key: "rule", value: "administrator")]))
    let error = #expect(throws: ClientError.self) { try getStatus(daemon.client) }
    #expect(
      error
        == .status(
          code: 7, name: "PERMISSION_DENIED", message: "no", reason: "ACTION_NOT_ALLOWED",
          metadata: ["rule": "administrator"]))
    try daemon.answer(3, [0x78, 9])
    let reply = try daemon.client.getStatus { _ in }
    let revision = reply.message.revision
    #expect(revision == 9)
  }

  @Test func queuedCallsAreAnsweredInAnyOrder() throws {
    let daemon = try FakeDaemon()
    let first = try daemon.client.send(service: "s", method: "a", payload: Span())
    let second = try daemon.client.send(service: "s", method: "b", payload: Span())
    try daemon.client.flush()
    let calls = try daemon.takeCalls()
    #expect(calls.map { $0.prefix(5) } == ["1 s/a", "3 s/b"])
    try daemon.answer(second, [2])
    try daemon.fail(first, Status(.notFound, "none"))
    let answer = try daemon.client.receive()
    #expect((answer.stream, answer.payload) == (second, [2]))
    let failure = try daemon.client.receive()
    #expect((failure.stream, failure.code) == (first, .notFound))
  }

  @Test func requestsThatFillTheSocketLeavePieceByPiece() throws {
    let daemon = try FakeDaemon()
    let payload = [UInt8](repeating: 0x61, count: 32 << 10)
    for _ in 0..<64 {
      _ = try daemon.client.send(service: "s", method: "m", payload: payload.span)
    }
    var calls: [String] = []
    while calls.count < 64 {
      try daemon.client.flush()
      calls += try daemon.takeCalls()
    }
    #expect(calls.allSatisfy { $0.utf8.count { $0 == 0x61 } == payload.count + 1 })
    for index in (0..<UInt32(64)).reversed() { try daemon.answer(index * 2 + 1, [UInt8(index)]) }
    for index in (0..<UInt8(64)).reversed() {
      let answer = try daemon.client.receive()
      #expect((answer.stream, answer.payload) == (UInt32(index) * 2 + 1, [index]))
    }
  }

  @Test func passedDeadlineLeavesTheConnectionUsable() throws {
    let daemon = try FakeDaemon()
    daemon.client.timeout = .zero
    #expect(throws: ClientError.self) {
      try daemon.client.call(service: "s", method: "late", payload: Span())
    }
    daemon.client.timeout = nil
    try daemon.answer(1, [1])
    try daemon.answer(3, [3])
    #expect(try daemon.client.call(service: "s", method: "next", payload: Span()) == [3])
  }

  @Test(
    arguments: [
      [0, 0, 0, 0, 0, 0, 0, 9, 2, 0],  // an answer to no call
      [0xff, 0, 0, 0, 0, 0, 0, 1, 2, 0],  // a frame that is too long
      [0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0xff],  // an envelope that is none
      [0, 0, 0, 5, 0, 0, 0, 1, 2, 0, 0x12, 3, 0x0a, 9, 1],  // a message that is none
      [],  // the end
    ] as [[UInt8]])
  func brokenConnectionStaysBroken(bytes: [UInt8]) throws {
    let daemon = try FakeDaemon()
    try daemon.send(bytes)
    try daemon.hangUp()
    var errors: [String] = []
    for _ in 0..<2 {
      let error = #expect(throws: ClientError.self) { try getStatus(daemon.client) }
      if case .connection(let sentence) = error { errors.append(sentence) }
    }
    #expect(errors.count == 2 && errors[0] == errors[1])
  }

  private func getStatus(_ client: PosternClient) throws {
    _ = try client.getStatus { _ in }
  }

  @Test func noDaemonListening() {
    #expect {
      _ = try PosternClient(socketPath: "/nowhere/postern.sock")
    } throws: {
      "\($0)".contains("`/nowhere/postern.sock`")
    }
  }

  @Test func bearerIsInNoDescription() throws {
    let daemon = try FakeDaemon(bearerToken: "hunter2")
    var dumped = "\(daemon.client)\(String(reflecting: daemon.client))"
    dump(daemon.client, to: &dumped)
    #expect(!dumped.contains("hunter2"))
    #expect(!dumped.contains("\(UInt8(ascii: "h"))\n"))
  }
}
