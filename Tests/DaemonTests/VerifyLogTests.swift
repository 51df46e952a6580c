internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// What verifying the log answered.
struct LogAnswer: Equatable {
  var isIntact = false
  var verified: UInt64 = 0
  var hash: [UInt8] = []
  var broken: UInt64 = 0
  var revision: UInt64 = 0
}

extension PosternClient {
  func verify(
    from: UInt64 = 0, to: UInt64 = 0, expected: [UInt8] = []
  ) throws(ClientError) -> LogAnswer {
    let reply = try verifyLog {
      $0.setFromRevision(from)
      $0.setToRevision(to)
      $0.setExpectedHash(expected.span)
    }
    return LogAnswer(
      isIntact: reply.message.intact, verified: reply.message.verifiedRevision,
      hash: Array(copying: reply.message.verifiedHash), broken: reply.message.brokenRevision,
      revision: reply.message.revision)
  }
}

/// The daemon verifies its own log.
@Suite struct VerifyLogTests {
  @Test func goesOnFromCallToCall() throws {
    let world = try World()
    let client = try world.daemon.client()
    for batch in 0..<5 {
      _ = try client.inviteUsers {
        $0.setOrganizationID("acme")
        for index in 0..<1000 { $0.addUsers().setUserID("user-\(batch)-\(index)") }
      }
    }
    let first = try client.verify()
    #expect(first.isIntact && first.verified >= 1 && first.hash.count == 32)
    #expect(first.revision == (try client.revision()))
    var last = first
    while last.isIntact, last.verified < last.revision {
      let from = last.verified + 1
      last = try client.verify(from: from, expected: last.hash)
      #expect(last.isIntact && last.verified >= from)
    }
    #expect(last.verified == last.revision)
    let some = try client.verify(from: 10, to: 20)
    #expect(some.isIntact && some.verified == 20 && some.hash != first.hash)
    let other = try client.verify(from: 21, expected: first.hash)
    #expect(!other.isIntact && other.broken == 20 && other.verified == 0)
  }

  @Test func refusesWhatMeansNothing() throws {
    let world = try World()
    let client = try world.daemon.client()
    func refusal(_ call: () throws(ClientError) -> LogAnswer) -> ClientError? { failure(call) }
    let newest = try client.revision()
    let beyond = refusal { () throws(ClientError) in try client.verify(from: newest + 1) }
    #expect(beyond?.statusName == "OUT_OF_RANGE")
    let far = refusal { () throws(ClientError) in try client.verify(to: newest + 1) }
    #expect(far?.statusName == "OUT_OF_RANGE")
    let backwards = refusal { () throws(ClientError) in try client.verify(from: 5, to: 4) }
    #expect(backwards?.field == "to_revision")
    let short = refusal { () throws(ClientError) in try client.verify(from: 5, expected: [1]) }
    #expect(short?.field == "expected_hash")
    let alone = refusal { () throws(ClientError) in
      try client.verify(expected: [UInt8](repeating: 0, count: 32))
    }
    #expect(alone?.field == "expected_hash")
    let administrator = try world.daemon.client(bearer: world.secret(of: .administrator))
    let denied = refusal { () throws(ClientError) in try administrator.verify() }
    #expect(denied?.statusName == "PERMISSION_DENIED")
    let empty = try Daemon()
    #expect(try empty.client().verify() == LogAnswer(isIntact: true))
  }
}
