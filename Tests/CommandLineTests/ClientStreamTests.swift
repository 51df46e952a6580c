internal import Messages
internal import PosternClient
internal import RPC
internal import TestSupport
internal import Testing

/// The client library's streams, against a daemon that does what the test says.
@Suite struct ClientStreamTests {
  /// field 15 (revision): `value`
  private func answer(ofRevision value: UInt8) -> [UInt8] { [0x78, value] }

  @Test func everyMessageIsLentInTurn() throws {
    let daemon = try FakeDaemon(bearerToken: "secret")
    daemon.client.timeout = .seconds(60)
    try daemon.stream(1, [])
    try daemon.stream(1, answer(ofRevision: 7))
    try daemon.stream(1, flags: 5)
    var sizes: [Int] = []
    try daemon.client.listEvents {
      $0.setOrganizationID("acme")
    } each: { message in
      sizes.append(message.eventsCount)
      return true
    }
    #expect(sizes.count == 2)
    #expect(
      try daemon.takeCalls() == [
        "1 postern.v1.AuditService/ListEvents \n\u{4}acme bearer=secret timeout=0 accepts a stream"
      ])
    try daemon.answer(3, answer(ofRevision: 9))
    let reply = try daemon.client.getStatus { _ in }
    let revision = reply.message.revision
    #expect(revision == 9)
  }

  @Test func nothingIsReadAheadOfTheClosure() throws {
    let daemon = try FakeDaemon()
    try daemon.stream(1, [])
    var count = 0
    try daemon.client.listEvents { _ in
    } each: { _ in
      count += 1
      if count < 5 {
        send { try daemon.stream(1, []) }
      } else {
        send { try daemon.stream(1, flags: 5) }
      }
      return true
    }
    #expect(count == 5)
  }

  @Test func aFailureAfterMessagesLeavesTheConnectionUsable() throws {
    let daemon = try FakeDaemon()
    try daemon.stream(1, [])
    try daemon.fail(1, Status(.outOfRange, "too new"))
    var count = 0
    let error = #expect(throws: ClientError.self) {
      try list(daemon.client) {
        count += 1
        return true
      }
    }
    guard case .status(11, "OUT_OF_RANGE", "too new", _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(count == 1)
    try daemon.answer(3, [1])
    #expect(try daemon.client.call(service: "s", method: "next", payload: Span()) == [1])
  }

  @Test func stoppingClosesTheConnectionAndTheNextCallMakesAnother() throws {
    let daemon = try FakeDaemon()
    for _ in 0..<3 { try daemon.stream(1, []) }
    var count = 0
    try list(daemon.client) {
      count += 1
      return count < 2
    }
    #expect(count == 2)
    _ = try daemon.takeCalls()
    #expect(try daemon.isHungUp())
    #expect(try daemon.client.send(service: "s", method: "m", payload: Span()) == 1)
    try daemon.client.flush()
    try daemon.acceptAnew()
    #expect(try daemon.takeCalls() == ["1 s/m  bearer= timeout=0"])
    try daemon.answer(1, [4])
    #expect(try daemon.client.receive().payload == [4])
  }

  @Test func anErrorOfTheClosureStopsToo() throws {
    let daemon = try FakeDaemon()
    try daemon.stream(1, [])
    let thrown = ClientError.connection("of the closure")
    #expect(throws: thrown) {
      try daemon.client.listEvents { _ in
      } each: { _ throws(ClientError) in
        throw thrown
      }
    }
    _ = try daemon.takeCalls()
    #expect(try daemon.isHungUp())
  }

  @Test func theDeadlineIsForTheWholeStream() throws {
    let daemon = try FakeDaemon()
    daemon.client.streamTimeout = .zero
    let error = #expect(throws: ClientError.self) { try list(daemon.client) { true } }
    guard case .status(4, "DEADLINE_EXCEEDED", _, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let calls = try daemon.takeCalls()
    #expect(calls.first?.hasSuffix("timeout=-1 accepts a stream") == true)
    #expect(try daemon.isHungUp())
  }

  @Test func everyMessageIsSentInTurn() throws {
    let daemon = try FakeDaemon()
    try daemon.answer(1, answer(ofRevision: 6))
    // The answer is there before the first message is asked for.
    let early = try daemon.client.import { _ in
      Issue.record("asked for a message of a call that is answered")
      return false
    }
    #expect(
      try daemon.takeCalls() == ["1 postern.v1.DirectoryService/Import  bearer= timeout=0 streams"])
    let earlyRevision = early.message.revision
    #expect(earlyRevision == 6)
    var count: UInt8 = 0
    let reply = try daemon.client.import { message in
      count += 1
      if count == 4 { send { try daemon.answer(3, answer(ofRevision: 8)) } }
      message.addRecords()
      return count < 4
    }
    let revision = reply.message.revision
    #expect(revision == 8)
    #expect(
      try daemon.takeCalls() == ["3 postern.v1.DirectoryService/Import  bearer= timeout=0 streams"]
        + Array(repeating: "3 message \n\0", count: 3) + ["3 end"])
  }

  @Test func anEarlyFailureStopsTheMessages() throws {
    let daemon = try FakeDaemon()
    var count = 0
    let error = #expect(throws: ClientError.self) {
      _ = try daemon.client.import { _ in
        count += 1
        if count == 2 { send { try daemon.fail(1, Status(.notFound, "records[0]")) } }
        return true
      }
    }
    guard case .status(5, "NOT_FOUND", _, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(count == 2)
    try daemon.answer(3, [1])
    #expect(try daemon.client.call(service: "s", method: "next", payload: Span()) == [1])
  }

  @Test func manyMessagesArriveInOrder() throws {
    let daemon = try FakeDaemon()
    let name = String(repeating: "x", count: 40_000)
    var heard: [String] = []
    var count = 0
    _ = try daemon.client.import { message in
      send {
        while case let calls = try daemon.takeCalls(), !calls.isEmpty || heard.isEmpty {
          heard += calls
        }
      }
      if count == 100 { send { try daemon.answer(1, answer(ofRevision: 8)) } }
      count += 1
      message.addRecords().makeUser().setDisplayName("\(count) \(name)")
      return count <= 100
    }
    while case let calls = try daemon.takeCalls(), !calls.isEmpty { heard += calls }
    #expect(heard.count == 102)
    for index in heard.indices.dropFirst().dropLast() {
      #expect(heard[index].contains("\(index) xxx"))
    }
    #expect(heard.last == "1 end")
  }

  @Test func anErrorWhileSendingGivesTheStreamUp() throws {
    let daemon = try FakeDaemon()
    let thrown = ClientError.connection("of the closure")
    #expect(throws: thrown) {
      _ = try daemon.client.import { _ throws(ClientError) in throw thrown }
    }
    let calls = try daemon.takeCalls()
    #expect(calls.count == 1)
    #expect(try daemon.isHungUp())
  }

  @Test(
    arguments: [
      [0, 0, 0, 0, 0, 0, 0, 1, 2, 0],  // a response where a stream is due
      [0, 0, 0, 0, 0, 0, 0, 3, 3, 5],  // a stream of no call
      [0, 0, 0, 3, 0, 0, 0, 1, 3, 0, 0x0a, 9, 1],  // malformed
      [],  // the end
    ] as [[UInt8]])
  func brokenConnectionStaysBroken(bytes: [UInt8]) throws {
    let daemon = try FakeDaemon()
    try daemon.send(bytes)
    try daemon.hangUp()
    var errors: [String] = []
    for _ in 0..<2 {
      let error = #expect(throws: ClientError.self) { try list(daemon.client) { true } }
      if case .connection(let sentence) = error { errors.append(sentence) }
    }
    #expect(errors.count == 2 && errors[0] == errors[1])
  }

  @Test(arguments: [0, 5] as [UInt8])
  func aStreamIsNoAnswer(flags: UInt8) throws {
    let daemon = try FakeDaemon()
    try daemon.stream(1, flags: flags)
    #expect(throws: ClientError.connection("the daemon answered a call with a stream")) {
      try daemon.client.call(service: "s", method: "m", payload: Span())
    }
  }

  private func list(_ client: PosternClient, _ each: () -> Bool) throws {
    try client.listEvents { _ in
    } each: { _ in
      each()
    }
  }

  /// Drives the daemon inside a closure that can't throw.
  private func send(_ action: () throws -> Void) {
    #expect(throws: Never.self) { try action() }
  }
}
