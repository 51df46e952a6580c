internal import Fleet
@testable internal import FleetStore
internal import Platform
internal import TestSupport
internal import Testing

/// Appends of several hosts make one log.
@Suite struct AppendTests {
  @Test func aRowComesBackAsItWent() throws {
    let world = try World()
    let first = row(after: .empty, count: 3, entries: [0, 255, 39], isReport: true)
    let second = row(after: first.end, entries: [])
    #expect(
      try world.desk.ask(.insert(first, after: .empty, by: alice), on: .append).inserted == true)
    #expect(
      try world.desk.ask(.insert(second, after: first.end, by: alice), on: .append).inserted == true
    )
    let polled = try #require(
      try world.desk.ask(.poll(after: .empty, maximumRows: 10)).polled)
    #expect(polled.rows == [first, second])
    #expect(polled.end == .known)
    #expect(polled.isFull == false)
    #expect(polled.fleet == World.fleet)
    #expect(polled.turns == [])
  }

  @Test func ofTwoThatContinueTheSameOneWins() throws {
    let world = try World()
    let other = try world.anotherDesk()
    let rows = [row(after: .empty, mark: 1), row(after: .empty, count: 5, mark: 2)]
    // Both are under way at once, on two sessions.
    let answers = [Box<UpstreamAnswer>(), Box<UpstreamAnswer>()]
    world.desk.store.send(.insert(rows[0], after: .empty, by: alice), on: .append) {
      answers[0].value = $0
    }
    other.store.send(.insert(rows[1], after: .empty, by: bob), on: .append) {
      answers[1].value = $0
    }
    let won = try [world.desk.wait(for: answers[0]), other.wait(for: answers[1])].map(\.inserted)
    #expect(Set(won) == [true, false])
    let log = try #require(try other.ask(.poll(after: .empty, maximumRows: 10)).polled).rows
    #expect(log == [rows[won[0] == true ? 0 : 1]])
  }

  /// The second waits for the first, whose transaction is open, and loses when it commits.
  @Test func aRowThatIsNotYetCommittedWinsToo() throws {
    let world = try World()
    let session = try Session(world)
    try session.execute("begin; \(insertion(of: row(after: .empty, mark: 9)))")
    let answer = Box<UpstreamAnswer>()
    let late = row(after: .empty, mark: 1)
    world.desk.store.send(.insert(late, after: .empty, by: alice), on: .append) {
      answer.value = $0
    }
    try world.waitForLock()
    try session.execute("commit")
    #expect(try world.desk.wait(for: answer).inserted == false)
  }

  @Test func aRowThatDoesNotContinueTheLogIsNotAppended() throws {
    let world = try World()
    let first = row(after: .empty, count: 4)
    #expect(
      try world.desk.ask(.insert(first, after: .empty, by: alice), on: .append).inserted == true)
    let fork = LogPosition(revision: 4, hash: LogHash(1, (1, 1, 1)))
    let behind = LogPosition(revision: 9, hash: first.end.hash)
    let inside = LogPosition(revision: 2, hash: first.end.hash)
    for position in [.empty, fork, behind, inside] {
      let answer = try world.desk.ask(
        .insert(row(after: position), after: position, by: alice), on: .append)
      #expect(answer.inserted == false, "\(position.revision)")
    }
    #expect(try world.execute("select count(*) from postern.log") == "1")
  }

  @Test func aRowOfAnotherTermIsNotAppended() throws {
    let world = try World()
    for term: UInt64 in [0, 2] {
      let late = row(after: .empty, term: term)
      #expect(
        try world.desk.ask(.insert(late, after: .empty, by: alice), on: .append).inserted == false)
    }
    #expect(try world.desk.ask(.newTerm(from: 1, at: .empty)).done == true)
    #expect(try world.desk.ask(.newTerm(from: 1, at: .empty)).done == false)
    #expect(try world.desk.ask(.finish(fleet: World.fleet.id, at: .empty, format: 3)).done == true)
    let old = row(after: .empty)
    #expect(
      try world.desk.ask(.insert(old, after: .empty, by: alice), on: .append).inserted == false)
    let new = row(after: .empty, term: 2)
    #expect(
      try world.desk.ask(.insert(new, after: .empty, by: alice), on: .append).inserted == true)
  }

  /// An append that has seen the old term is in the log before the new term begins.
  @Test func aNewTermWaitsForAppendsUnderWay() throws {
    let world = try World()
    let session = try Session(world)
    let late = row(after: .empty)
    try session.execute("begin; \(insertion(of: late))")
    let answer = Box<UpstreamAnswer>()
    world.desk.store.send(.newTerm(from: 1, at: late.end)) { answer.value = $0 }
    try world.waitForLock()
    #expect(try world.execute("select term from postern.fleet") == "1")
    try session.execute("commit")
    #expect(try world.desk.wait(for: answer).done == true)
    #expect(try world.execute("select term from postern.fleet") == "2")
  }

  /// An append that has waited for a new term sees it.
  @Test func anAppendThatWaitsSeesTheNewTerm() throws {
    let world = try World()
    let session = try Session(world)
    try session.execute(
      "begin; lock table postern.log in exclusive mode; update postern.fleet set term = 2")
    let answer = Box<UpstreamAnswer>()
    world.desk.store.send(.insert(row(after: .empty), after: .empty, by: alice), on: .append) {
      answer.value = $0
    }
    try world.waitForLock()
    try session.execute("commit")
    #expect(try world.desk.wait(for: answer).inserted == false)
  }

  @Test func othersHoldOffForTheOneWhoseTurnItIs() throws {
    let world = try World()
    let minute: Int64 = 60_000_000_000
    func insert(
      after end: LogPosition, by instance: InstanceID, _ turn: TurnEnd
    ) throws -> LogPosition? {
      let next = row(after: end)
      let request = UpstreamRequest.insert(next, after: end, by: instance, turn: turn)
      return try world.desk.ask(request, on: .append).inserted == true ? next.end : nil
    }
    func turns() throws -> [InstanceID]? {
      try world.desk.ask(.poll(after: .empty, maximumRows: 1)).polled?.turns
    }
    #expect(try world.desk.ask(.takeTurn(bob, nanoseconds: minute)).done == true)
    for _ in 0..<2 {
      #expect(try world.desk.ask(.takeTurn(alice, nanoseconds: minute)).done == false)
    }
    #expect(try turns() == [bob, alice])
    #expect(try insert(after: .empty, by: alice, .keeps) == nil)
    let first = try #require(try insert(after: .empty, by: bob, .keeps))
    #expect(try insert(after: first, by: alice, .passes) == nil)
    let second = try #require(try insert(after: first, by: bob, .queuesAgain))
    #expect(try turns() == [alice, bob])
    #expect(try insert(after: .empty, by: bob, .passes) == nil)
    let third = try #require(try insert(after: second, by: alice, .passes))
    #expect(try turns() == [bob])
    #expect(try world.desk.ask(.giveTurn(bob)).done == true)
    #expect(try turns() == [])
    #expect(try insert(after: third, by: alice, .keeps) != nil)
  }

  @Test func aTurnExpires() throws {
    let world = try World()
    #expect(try world.desk.ask(.takeTurn(bob, nanoseconds: 0)).done == true)
    #expect(try world.desk.ask(.poll(after: .empty, maximumRows: 1)).polled?.turns == [])
    let first = row(after: .empty)
    #expect(
      try world.desk.ask(.insert(first, after: .empty, by: alice), on: .append).inserted == true)
    let minute: Int64 = 60_000_000_000
    #expect(try world.desk.ask(.takeTurn(alice, nanoseconds: minute)).done == true)
    #expect(try world.desk.ask(.poll(after: .empty, maximumRows: 1)).polled?.turns == [alice])
  }

  /// The server sees that a session has ended long before the turn expires.
  @Test func aTurnEndsWithItsSession() throws {
    let world = try World()
    let minute: Int64 = 60_000_000_000
    let other = try world.anotherDesk()
    let member = MemberRow(
      instance: bob, host: "b", seq: 0, term: 1, applied: .empty, format: 3)
    #expect(try other.ask(.join(member, predecessors: [])).joined == true)
    #expect(try other.ask(.takeTurn(bob, nanoseconds: minute), on: .append).done == true)
    func turns() throws -> [InstanceID]? {
      try world.desk.ask(.poll(after: .empty, maximumRows: 1)).polled?.turns
    }
    #expect(try turns() == [bob])
    let first = row(after: .empty)
    let insert = UpstreamRequest.insert(first, after: .empty, by: alice)
    #expect(try world.desk.ask(insert, on: .append).inserted == false)
    other.store.close()
    let end = Clock.monotonicNanoseconds() + minute / 2
    while try turns() != [], Clock.monotonicNanoseconds() < end {}
    #expect(try turns() == [])
    #expect(try world.desk.ask(insert, on: .append).inserted == true)
    #expect(try world.desk.ask(.takeTurn(alice, nanoseconds: minute)).done == true)
    #expect(try turns() == [alice])
  }

  /// Otherwise it would read the log and the term as they were before it waited for its turn.
  @Test(arguments: ["serializable", "repeatable read"])
  func aStricterIsolationIsRefused(_ isolation: String) throws {
    let world = try World()
    try world.execute(
      "alter database \(world.database) set default_transaction_isolation = '\(isolation)'")
    let desk = try world.anotherDesk()
    let member = MemberRow(
      instance: alice, host: "a", seq: 0, term: 1, applied: .empty, format: 3)
    #expect(try world.desk.ask(.join(member, predecessors: [])).joined == true)
    let first = row(after: .empty)
    let answer = try desk.ask(.insert(first, after: .empty, by: alice), on: .append)
    guard case .refused(let refusal) = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(refusal.message.contains("default_transaction_isolation"))
    let renewal = UpstreamRequest.renew(member, maximumRows: 1, readsMembers: true)
    #expect(try desk.ask(renewal).refused == "22P02")
    #expect(try desk.ask(.takeTurn(alice, nanoseconds: 1)).refused == "22P02")
    #expect(try desk.ask(.leave(alice)).refused == "22P02")
    #expect(try desk.ask(.newTerm(from: 1, at: .empty)).refused == "22P02")
    #expect(try desk.ask(.poll(after: .empty, maximumRows: 9)).polled?.rows == [])
    #expect(try world.desk.ask(.members).members == [member])
  }
}
