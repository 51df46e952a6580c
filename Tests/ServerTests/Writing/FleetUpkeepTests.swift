internal import Fleet
internal import Ledger
internal import Messages
internal import RPC
@testable internal import Server
internal import Services
internal import Testing
internal import Tokens

/// What the writer of a fleet's member changes by itself, and commands that take several steps.
@Suite struct FleetUpkeepTests {
  static var limits: Limits {
    var limits = Limits()
    limits.services.tokenRetentionNanoseconds = 0
    // How far a step and a batch get depends on counts alone, however slow the machine is.
    limits.services.stepNanoseconds = 60_000_000_000
    limits.fleetBatchNanoseconds = 60_000_000_000
    return limits
  }

  /// A large organization ends in steps, over the changes of others between and within them.
  @Test(arguments: [false, true]) func deletesInSteps(_ isRefused: Bool) throws {
    let bench = try WriterBench(limits: Self.limits) { Self.fill("acme", count: 5_500, &$0) }
    let command = try bench.send(
      .directoryServiceDeleteOrganization, WriterBench.text(1, "acme"))
    var steps = 0
    while bench.answers[command] == nil {
      let proposal = try bench.proposal()
      if isRefused, steps >= 2 {
        bench.refuse(proposal, .away("gone"))
        break
      }
      let count = try #require(proposal.row).entries.count
      try bench.supersede(proposal)
      let again = try bench.proposal()
      #expect(again.row?.entries.count == count, "the same step")
      try bench.supersede(again)
      let third = try bench.proposal()
      var addition: Int?
      // Others have their turn, and nothing is added to what ends.
      if steps == 1 { addition = try bench.invite("zoe", to: "acme") }
      try bench.settle()
      try bench.stand(third)
      if let addition {
        // With the next step or the one behind it: whose turn is first depends on the time that
        // each has taken.
        let count = try bench.standUntilAnswered(addition)
        #expect((1...2).contains(count))
        steps += count
        #expect(try bench.reason(addition) == "BEING_DELETED")
      }
      steps += 1
      try bench.settle()
    }
    if isRefused {
      #expect(try bench.reason(command) == "FLEET_AWAY")
      // It is not being deleted any more.
      let addition = try bench.invite("zoe", to: "acme")
      try bench.standUntilAnswered(addition)
      #expect(try bench.reason(addition) == "OK")
    } else {
      #expect(try bench.reason(command) == "OK")
      #expect(steps == 6)
      let again = try bench.send(
        .directoryServiceDeleteOrganization, WriterBench.text(1, "acme"))
      try bench.standUntilAnswered(again)
      guard case .failure(let status) = try bench.answer(again) else {
        Issue.record("it was there still")
        return
      }
      #expect(status.code == .notFound)
    }
    try bench.end()
  }

  private static func fill(_ organization: String, count: Int, end: Int64 = 0, _ draft: inout Draft)
  {
    WriterBench.create(organization, &draft)
    for index in 0..<count {
      let id = draft.nextTokenID(random: (1, 2)).bytes
      let hash = SHA256.hash(id.span)
      draft.append(by: WriterBench.actor) { entry in
        let issued = entry.makeTokenIssued()
        issued.setTokenID(id.span)
        issued.setKind(2)
        issued.setOrganizationID(organization)
        issued.setName("t\(index)")
        issued.setScopes(1)
        issued.setSecretHash(hash.span)
        issued.setExpiresAtNanoseconds(end)
      }
    }
  }

  /// Of a revoke in many steps, the last one waits for the fleet, and so for all of them.
  @Test func waitsOnceForManySteps() throws {
    let bench = try WriterBench { Self.fill("acme", count: 1200, end: .max, &$0) }
    var page: [UInt8] = []
    var stepCount = 0
    while true {
      let arena = Arena(initialBytes: 4096, limits: DecodeLimits(bytes: 1 << 20))
      let request = PosternV1.RevokeTokensRequest.Builder(in: arena)
      request.setOrganizationID("acme")
      request.setWait(.fleet)
      if !page.isEmpty { request.setPageToken(page.span) }
      var payload = ByteBuffer()
      request.encode(into: &payload)
      let step = try bench.send(.tokenServiceRevokeTokens, Array(copying: payload.bytes))
      stepCount += 1
      let proposal = try bench.proposal()
      try bench.stand(proposal)
      if proposal.row?.isReport == true {
        guard case .wait(let id, _) = try bench.next() else {
          Issue.record("the fleet is not asked")
          return
        }
        bench.post(.fleet(.reached(id)))
        #expect(try bench.reason(step) == "OK")
        break
      }
      let answer = try bench.answer(step).get()
      let response = try PosternV1.RevokeTokensResponse(decoding: answer.span, in: arena)
      let isDone = response.done
      #expect(!isDone)
      page = Array(copying: response.nextPageToken)
    }
    #expect(stepCount == 2)
    try bench.end()
  }

  /// Tokens that ended are removed by the member whose sweep comes first, once.
  @Test func sweepsAnewBehindTheChangesOfOthers() throws {
    var limits = Limits()
    limits.services.tokenRetentionNanoseconds = 1
    let bench = try WriterBench(limits: limits) { Self.fill("acme", count: 300, end: 5, &$0) }
    let first = try bench.proposal()
    let command = try bench.createOrganization("b")
    try bench.settle()
    try bench.supersede(first)
    let second = try bench.proposal()
    #expect(second.row?.entries.count == first.row?.entries.count, "the same tokens")
    try bench.stand(second)
    try bench.standUntilAnswered(command)
    #expect(try bench.reason(command) == "OK")
    try bench.standWhileProposed()
    let count = try bench.tokenCount()
    #expect(count == 0)
    try bench.end()
  }

  /// A denied attempt is counted once, however often its command and its record are decided.
  @Test func recordsDenialsOnce() throws {
    let bench = try WriterBench(limits: Self.limits) { draft in
      WriterBench.create("acme", &draft)
      WriterBench.invite("alice", to: "acme", &draft)
      WriterBench.invite("bob", to: "acme", &draft)
    }
    let issue = try bench.issueToken("bob", of: "acme")
    try bench.stand(try bench.proposal())
    let secret = try bench.secret(issue)
    let denied = try bench.invite("carol", to: "acme", bearer: secret)
    for _ in 0..<2 { try bench.supersede(try bench.proposal()) }
    try bench.stand(try bench.proposal())
    #expect(try bench.reason(denied) != "OK")
    // One that is refused was not denied: its caller has learned nothing.
    let refused = try bench.invite("carol", to: "acme", bearer: secret)
    bench.refuse(try bench.proposal(), .notReady)
    #expect(try bench.reason(refused) == "FLEET_NOT_READY")
    // They are written down at the end.
    bench.post(.stop)
    try bench.supersede(try bench.proposal())
    let record = try bench.proposal()
    try bench.stand(record)
    try bench.end()
    let arena = Arena(initialBytes: 4096)
    let row = try #require(record.row)
    let bytes = Array(row.entries.dropFirst(4))
    let entry = try PosternStorageV1.Entry(decoding: bytes.span, in: arena)
    var counts: [UInt64] = []
    if let recorded = entry.denialsRecorded {
      for index in 0..<recorded.denialsCount { counts.append(recorded.denials(at: index).count) }
    }
    #expect(counts == [1])
    let isNamed = entry.actor?.host.isEqual(to: "alpha")
    #expect(isNamed == true)
  }

  /// A writer that is told to end does not wait for ever for what is in doubt.
  @Test func endsWhileInDoubt() throws {
    let bench = try WriterBench(limits: Self.limits)
    try bench.createOrganization("acme")
    _ = try bench.proposal()
    try bench.end()
  }
}
