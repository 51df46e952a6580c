internal import Fleet
internal import Ledger
internal import Messages
internal import Platform
internal import RPC
@testable internal import Server
internal import Services
internal import Synchronization
internal import Testing
internal import Tokens

/// What the writer of a fleet's member does with commands while the fleet decides.
@Suite struct FleetWritingTests {
  @Test func answersOnceItsRowStands() throws {
    let bench = try WriterBench()
    let command = try bench.createOrganization("acme")
    let proposal = try bench.proposal()
    let row = try #require(proposal.row)
    #expect(row.first == 1 && row.last == 2 && !row.isReport)
    try bench.settle()
    #expect(bench.answers.isEmpty)
    #expect(bench.ledger.published.load(ordering: .relaxed) == 0, "nothing is seen before")
    try bench.stand(proposal)
    #expect(try bench.reason(command) == "OK")
    #expect(bench.ledger.newestHead.position == row.end)
    // What a command decides without an entry is true only where the log still ends there.
    let again = try bench.createOrganization("acme")
    let empty = try bench.proposal()
    #expect(empty.row == nil && empty.after == row.end)
    try bench.settle()
    #expect(bench.answers[again] == nil)
    try bench.stand(empty)
    #expect(try bench.reason(again) == "ALREADY_EXISTS")
    try bench.end()
  }

  /// What was decided before another member's change is decided anew behind it, in the same order.
  @Test func decidesAnewBehindTheChangesOfOthers() throws {
    let bench = try WriterBench()
    let command = try bench.createOrganization("acme")
    let proposal = try bench.proposal()
    // More, which wait.
    let further = try (0..<5).map { try bench.invite("u\($0)", to: "acme") }
    try bench.settle()
    #expect(bench.messageCount == 0, "one proposal at a time")
    try bench.supersede(proposal)
    let second = try bench.proposal()
    let count = try #require(second.row).last - second.after.revision
    #expect(count == 7, "all that wait come with it, in their order")
    // Now the other member creates the same organization.
    try bench.apply([try bench.otherRow { WriterBench.create("acme", &$0) }])
    bench.post(.fleet(.decide(second.id, .superseded)))
    let third = try bench.proposal()
    #expect(try #require(third.row).first == 3)
    try bench.stand(third)
    #expect(try bench.reason(command) == "ALREADY_EXISTS")
    for number in further { #expect(try bench.reason(number) == "OK") }
    #expect(bench.answered == [command] + further)
    #expect(bench.ledger.newestHead.position == bench.other.newestHead.position)
    try bench.end()
  }

  /// Commands that wait for this host's turn are decided in it, together. None waits for a turn
  /// that is not needed, or that can't come.
  @Test func decidesNothingBeforeItsTurn() throws {
    let bench = try WriterBench()
    bench.post(.fleet(.mayDecide(false)))
    let commands = [try bench.createOrganization("acme"), try bench.createOrganization("b")]
    guard case .wantTurn = try bench.next() else {
      Issue.record("it asks for its turn")
      return
    }
    try bench.settle()
    #expect(bench.messageCount == 0 && bench.answers.isEmpty)
    bench.post(.fleet(.mayDecide(true)))
    let proposal = try bench.proposal()
    #expect(!proposal.hasMore)
    let further = try bench.createOrganization("c")
    bench.post(.fleet(.mayDecide(false)))
    try bench.settle()
    try bench.stand(proposal)
    for command in commands { #expect(try bench.reason(command) == "OK") }
    guard case .wantTurn = try bench.next() else {
      Issue.record("it asks again")
      return
    }
    bench.post(.fleet(.problem(.away("no route"))))
    #expect(try bench.reason(further) == "FLEET_AWAY")
    bench.post(.fleet(.problem(nil)))
    bench.post(.fleet(.mayDecide(true)))
    guard case .idle = try bench.next() else {
      Issue.record("it does not need its turn any more")
      return
    }
    try bench.end()
  }

  @Test func refusesWhatTheFleetDoesNotTake() throws {
    let bench = try WriterBench()
    let position = LogPosition(revision: 9, hash: LogHash())
    let problems: [(FleetProblem, String, isWorthRepeating: Bool)] = [
      (.away("no route"), "FLEET_AWAY", true),
      (.database(DatabaseRefusal(state: "25006", message: "read-only")), "FLEET_REFUSED", true),
      (.notReady, "FLEET_NOT_READY", true), (.forgot(position), "FLEET_FORGOT", false),
      (.anotherFleet(InstanceID(high: 1, low: 2)), "FLEET_OTHER", false),
      (.forked(position), "FLEET_FORKED", false), (.format(2), "FLEET_FORMAT", false),
      (.unapplied("full"), "FLEET_UNAPPLIED", true), (.removed, "FLEET_REMOVED", true),
    ]
    for (problem, reason, isWorthRepeating) in problems {
      let commands = [
        try bench.createOrganization("acme"), try bench.invite("bob", to: "acme"),
      ]
      for command in commands {
        // The second came with the first, or behind it.
        try bench.refuseUntilAnswered(command, problem)
        guard case .failure(let status) = try bench.answer(command) else {
          Issue.record("\(problem) was acknowledged")
          continue
        }
        #expect(status.code == .unavailable && status.reason == reason)
        #expect((status.retryDelayMilliseconds != nil) == isWorthRepeating, "\(reason)")
      }
      #expect(bench.ledger.newestHead.revision == 0)
    }
    let command = try bench.createOrganization("acme")
    try bench.stand(try bench.proposal())
    #expect(try bench.reason(command) == "OK", "and goes on")
    try bench.end()
  }

  /// With a clock that is off nothing is given, and what is taken away has the fleet's time.
  @Test func givesNothingUnderAWrongClock() throws {
    let bench = try WriterBench.withAlice()
    let secret = try bench.issueToAlice()
    let now = Clock.wallNanoseconds()
    let fleetTime = bench.ledger.newestHead.timeNanoseconds + 1_000_000_000
    let off = fleetTime + 3_600_000_000_000
    bench.time.note(fleetTime, roundTripNanoseconds: 0, own: off, wall: off)
    let given = try bench.createOrganization("b")
    try bench.stand(try bench.proposal())
    #expect(try bench.reason(given) == "CLOCK_SKEW")
    let revoke = try bench.send(
      .tokenServiceRevokeToken, WriterBench.text(1, secret))
    try bench.stand(try bench.proposal())
    #expect(try bench.reason(revoke) == "OK")
    let passed = Clock.wallNanoseconds() - now
    let time = bench.ledger.newestHead.timeNanoseconds
    #expect(time >= fleetTime && time <= fleetTime + passed)
    bench.time.note(fleetTime, roundTripNanoseconds: 0, own: off, wall: fleetTime)
    let again = try bench.createOrganization("b")
    try bench.stand(try bench.proposal())
    #expect(try bench.reason(again) == "OK")
    try bench.end()
  }

  /// What waits behind a batch in doubt is refused while the fleet can't tell, and the callers of
  /// the batch are told of the doubt.
  @Test func noCommandWaitsForADoubtThatLasts() throws {
    let bench = try WriterBench(doubtNanoseconds: 0)
    let first = try bench.createOrganization("acme")
    let proposal = try bench.proposal()
    let second = try bench.createOrganization("b")
    bench.post(.fleet(.problem(.away("no route"))))
    #expect(try bench.reason(second) == "FLEET_AWAY")
    #expect(try bench.reason(try bench.createOrganization("c")) == "FLEET_AWAY")
    #expect(try bench.reason(first) == "FLEET_IN_DOUBT")
    bench.post(.fleet(.problem(nil)))
    try bench.stand(proposal)
    let third = try bench.createOrganization("b")
    try bench.stand(try bench.proposal())
    #expect(try bench.reason(third) == "OK")
    #expect(bench.ledger.newestHead.revision == 4)
    try bench.end()
  }

  /// Nothing can be decided on a log of which a part is missing, and a long one takes a while.
  @Test func noCommandWaitsForALongCatchUp() throws {
    let bench = try WriterBench()
    bench.post(.fleet(.behind(true)))
    let early = try bench.createOrganization("acme")
    #expect(try bench.reason(early) == "FLEET_BEHIND")
    bench.post(.fleet(.behind(false)))
    let late = try bench.createOrganization("acme")
    try bench.stand(try bench.proposal())
    #expect(try bench.reason(late) == "OK")
    // What was proposed already is decided anew, and then it waits no longer either.
    let next = try bench.createOrganization("b")
    let proposal = try bench.proposal()
    bench.post(.fleet(.behind(true)))
    bench.post(.fleet(.decide(proposal.id, .superseded)))
    #expect(try bench.reason(next) == "FLEET_BEHIND")
    try bench.end()
  }

  /// While the outcome is in doubt, everything but changes goes on.
  @Test func doesOtherThingsWhileInDoubt() throws {
    let bench = try WriterBench.withAlice()
    let secret = try bench.issueToAlice()
    let command = try bench.createOrganization("b")
    let proposal = try bench.proposal()
    let waiting = try bench.createOrganization("c")
    // The uses that a worker has counted are written.
    let uses = TokenUses(maximumKeys: 16)
    let id = try #require(WriterBench.tokenID(of: secret))
    uses.begin(method: 0, userID: 7)
    uses.note(
      id, isByPreviousSecret: false, isDenied: false, nowNanoseconds: WriterBench.timeNanoseconds)
    bench.post(.uses(try #require(uses.take()), worker: 0))
    try bench.waitForUses(1, of: id)
    // Rows of others are applied.
    for _ in 0..<20 {
      try bench.settle()
      try bench.apply([try bench.otherRow()])
    }
    #expect(bench.answers[command] == nil && bench.answers[waiting] == nil)
    #expect(bench.messageCount == 0)
    bench.post(.fleet(.decide(proposal.id, .superseded)))
    try bench.stand(try bench.proposal())
    #expect(try bench.reason(command) == "OK")
    #expect(try bench.reason(waiting) == "OK")
    try bench.end()
  }

  /// A use of a token counts once, however often its command is decided.
  @Test func countsUsesOnce() throws {
    let bench = try WriterBench.withAlice()
    let secret = try bench.issueToAlice()
    let command = try bench.invite("bob", to: "acme", bearer: secret)
    for _ in 0..<3 { try bench.supersede(try bench.proposal()) }
    try bench.stand(try bench.proposal())
    #expect(try bench.reason(command) == "OK")
    let id = try #require(WriterBench.tokenID(of: secret))
    try bench.end()
    try bench.waitForUses(1, of: id)
  }

  @Test func endsAtTheDeadline() throws {
    let bench = try WriterBench()
    let deadline = Clock.monotonicNanoseconds() + 200_000_000
    let late = try bench.createOrganization("acme", deadlineNanoseconds: deadline)
    let proposal = try bench.proposal()
    #expect(proposal.row != nil)
    while Clock.monotonicNanoseconds() <= deadline { try bench.settle() }
    try bench.supersede(proposal)
    let second = try bench.proposal()
    #expect(second.row == nil, "it is not decided any more")
    try bench.stand(second)
    #expect(try bench.reason(late) == "DEADLINE_EXCEEDED")
    try bench.end()
  }

  /// With `wait`, the answer waits until the fleet says that all obey; what it waits for is the log
  /// as of its decision, also where it changes nothing.
  @Test func waitsForTheFleet() throws {
    let bench = try WriterBench.withAlice()
    let secret = try bench.issueToAlice()
    let revoke = WriterBench.text(1, secret) + WriterBench.waitForFleet
    for isFirst in [true, false] {
      let command = try bench.send(.tokenServiceRevokeToken, revoke)
      let superseded = try bench.proposal()
      try bench.supersede(superseded)
      let proposal = try bench.proposal()
      #expect((proposal.row != nil) == isFirst)
      if let row = proposal.row { #expect(row.isReport) }
      try bench.stand(proposal)
      guard case .wait(let id, let revision) = try bench.next() else {
        Issue.record("the fleet is not asked")
        return
      }
      #expect(revision == bench.ledger.newestHead.revision)
      try bench.settle()
      #expect(bench.answers[command] == nil)
      // Others have their turn meanwhile.
      let other = try bench.createOrganization("o-\(isFirst)")
      try bench.stand(try bench.proposal())
      #expect(try bench.reason(other) == "OK")
      bench.post(.fleet(.reached(id)))
      #expect(try bench.reason(command) == "OK")
    }
    try bench.end()
  }

  /// A command that may not wait changes nothing; one that does not stand gives its place back.
  @Test func changesNothingWithoutAPlaceToWait() throws {
    var limits = Limits()
    limits.fleetWaits = 1
    let bench = try WriterBench(limits: limits)
    let wait = WriterBench.waitForFleet
    let acme = WriterBench.text(1, "acme") + WriterBench.text(3, "alice") + wait
    let first = try bench.send(.directoryServiceCreateOrganization, acme)
    try bench.supersede(try bench.proposal())
    bench.refuse(try bench.proposal(), .notReady)
    #expect(try bench.reason(first) == "FLEET_NOT_READY")
    let deadline = Clock.monotonicNanoseconds() + 500_000_000
    let second = try bench.send(
      .directoryServiceCreateOrganization, acme, deadlineNanoseconds: deadline)
    try bench.stand(try bench.proposal())
    guard case .wait(let id, _) = try bench.next() else {
      Issue.record("the fleet is not asked")
      return
    }
    let refused = try bench.send(
      .directoryServiceCreateOrganization,
      WriterBench.text(1, "b") + WriterBench.text(3, "alice") + wait)
    let proposal = try bench.proposal()
    #expect(proposal.row == nil)
    try bench.stand(proposal)
    #expect(try bench.reason(refused) == "LIMIT_REACHED")
    #expect(try bench.reason(second) == "FLEET_NOT_REACHED")
    guard case .abandon(id) = try bench.next() else {
      Issue.record("the fleet is not told")
      return
    }
    #expect(bench.ledger.newestHead.revision == 3)
    try bench.end()
  }

  /// A policy that was decided and not taken is not what later commands are decided by, even where
  /// the policy of another member has its revision.
  @Test func forgetsAPolicyThatDidNotStand() throws {
    let bench = try WriterBench { WriterBench.create("acme", &$0) }
    let own = try PolicyCandidate(file: Array(Self.policy(type: "own").utf8))
    let other = try PolicyCandidate(file: Array(Self.policy(type: "other").utf8))
    try bench.createOrganization("b")
    let first = try bench.proposal()
    let reload = try bench.send(.adminServiceReloadPolicy, [], policyFile: .good(own))
    // It is decided by the policy that is decided before it.
    let dependent = try bench.put("own", "one", in: "acme")
    try bench.settle()
    try bench.stand(first)
    let proposal = try bench.proposal()
    let row = try bench.otherRow { draft in
      draft.adoptPolicy(
        other.text.span, hash: other.hash, base: Span(), by: WriterBench.actor)
    }
    #expect(row.first == proposal.row?.first)
    try bench.apply([row])
    bench.refuse(proposal, .notReady)
    #expect(try bench.reason(reload) == "FLEET_NOT_READY")
    #expect(try bench.reason(dependent) == "FLEET_NOT_READY")
    let good = try bench.put("other", "one", in: "acme")
    try bench.stand(try bench.proposal())
    let reason = try bench.reason(good)
    #expect(reason == "OK")
    let bad = try bench.put("own", "one", in: "acme")
    try bench.stand(try bench.proposal())
    #expect(try bench.reason(bad) != "OK")
    try bench.end()
  }

  private static func policy(type: String) -> String {
    "{ resource_types: { \(type): {} }, actions: { \"\(type).create\": { any: [\"member\"] } } }"
  }
}
