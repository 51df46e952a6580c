internal import Fleet
@testable internal import FleetStore
internal import Platform
internal import TestSupport
internal import Testing

/// Polls, renewals and members.
@Suite struct FollowTests {
  @Test func saysWhatTheLogKnowsOfAPosition() throws {
    let world = try World()
    let first = row(after: .empty, count: 3)
    let second = row(after: first.end, count: 4)
    try append([first, second], to: world)
    func poll(_ revision: UInt64, _ hash: LogHash) throws -> Polled {
      let position = LogPosition(revision: revision, hash: hash)
      return try #require(try world.desk.ask(.poll(after: position, maximumRows: 9)).polled)
    }
    let known = try poll(3, first.end.hash)
    #expect(known.end == .known && known.rows == [second])
    let head = try poll(7, second.end.hash)
    #expect(head.end == .known && head.rows == [] && head.headRevision == 7)
    let fork = try poll(3, second.end.hash)
    #expect(fork.end == .differs && fork.rows == [second])
    let inside = try poll(5, second.end.hash)
    #expect(inside.end == .inside && inside.rows == [second])
    let insideFirst = try poll(1, second.end.hash)
    #expect(insideFirst.end == .inside && insideFirst.rows == [first, second])
    let beyond = try poll(8, second.end.hash)
    #expect(beyond.end == .missing && beyond.rows == [])
  }

  /// A server of its own: where a standby is named that isn't there, no commit ends.
  @Test func tellsWhetherThereIsASynchronousStandby() throws {
    let server = try PostgreSQL()
    let world = try World(on: server)
    func poll() throws -> Bool? {
      let answer = try world.desk.ask(.poll(after: .empty, maximumRows: 1))
      return try #require(answer.polled).hasSynchronousStandby
    }
    #expect(try poll() == false)
    _ = try server.execute("alter system set synchronous_standby_names = 'other'")
    _ = try server.execute("select pg_reload_conf()")
    // The session takes it before one of its next statements.
    let end = Clock.monotonicNanoseconds() + 1_000_000 * Int64(ChildProcess.patienceMilliseconds)
    while try poll() != true {
      guard Clock.monotonicNanoseconds() < end else { throw FixtureError("it tells of none") }
    }
  }

  /// As after a trim, or a row lost from the middle.
  @Test func aGapIsMissing() throws {
    let world = try World()
    let rows = try chain(3, in: world)
    try world.execute("delete from postern.log where first = 2")
    let polled = try #require(
      try world.desk.ask(.poll(after: rows[1].end, maximumRows: 9)).polled)
    #expect(polled.end == .missing)
    #expect(polled.rows == [rows[2]])
  }

  @Test func anAnswerHasALimitOfRows() throws {
    let world = try World()
    let rows = try chain(5, in: world)
    let page = try #require(try world.desk.ask(.poll(after: .empty, maximumRows: 4)).polled)
    #expect(page.rows == Array(rows[..<4]) && page.isFull)
    let rest = try #require(try world.desk.ask(.poll(after: rows[3].end, maximumRows: 4)).polled)
    #expect(rest.rows == [rows[4]] && !rest.isFull)
  }

  /// The last row of a page goes beyond the limit, so that every page has one.
  @Test func anAnswerHasALimitOfBytes() throws {
    let world = try World()
    let entries = [UInt8](repeating: 7, count: Poll.maximumBytes / 2 - 1)
    let rows = try chain(5, in: world, entries: entries)
    let page = try #require(try world.desk.ask(.poll(after: .empty, maximumRows: 9)).polled)
    #expect(page.rows == Array(rows[..<3]) && page.isFull)
    let rest = try #require(try world.desk.ask(.poll(after: rows[2].end, maximumRows: 9)).polled)
    #expect(rest.rows == Array(rows[3...]) && !rest.isFull)
  }

  @Test func tellsTheDatabasesTime() throws {
    let world = try World()
    let before = Clock.wallNanoseconds() - 1_000
    let polled = try #require(try world.desk.ask(.poll(after: .empty, maximumRows: 1)).polled)
    #expect((before...Clock.wallNanoseconds()).contains(polled.databaseNanoseconds))
  }

  @Test func aFleetThatWasNotBegunIsNone() throws {
    let world = try World()
    try world.execute("delete from postern.fleet")
    let polled = try #require(try world.desk.ask(.poll(after: .empty, maximumRows: 1)).polled)
    #expect(polled.fleet == nil && polled.rows == [] && polled.headRevision == 0)
    try world.execute("drop schema postern cascade")
    let later = try #require(try world.desk.ask(.poll(after: .empty, maximumRows: 1)).polled)
    #expect(later.fleet == nil)
  }

  @Test func aMemberJoinsRenewsAndLeaves() throws {
    let world = try World()
    let rows = try chain(2, in: world)
    var member = member(alice, applied: .empty)
    #expect(try world.desk.ask(.join(member, predecessors: [])).joined == true)
    #expect(try world.desk.ask(.members).members == [member])
    // The renewal brings what is behind it.
    let first = try world.desk.ask(.renew(member, maximumRows: 9, readsMembers: false))
    #expect(first.polled?.rows == rows && first.polled?.end == .known)
    #expect(first.polled?.fleet == World.fleet)
    member.seq = 1
    #expect(try world.desk.ask(.members).members == [member])
    member.applied = rows[1].end
    member.format = 4
    #expect(
      try world.desk.ask(.renew(member, maximumRows: 9, readsMembers: false)).polled?.rows == [])
    member.seq = 2
    #expect(try world.desk.ask(.members).members == [member])
    #expect(try world.desk.ask(.leave(alice)).done == true)
    #expect(try world.desk.ask(.leave(alice)).done == false)
    #expect(try world.desk.ask(.members).members == [])
    #expect(try world.desk.ask(.renew(member, maximumRows: 9, readsMembers: false)).isForgotten)
  }

  @Test func aRenewalFitsTheRowTheTermAndTheLog() throws {
    let world = try World()
    let rows = try chain(2, in: world)
    let joined = member(alice, applied: rows[1].end)
    #expect(try world.desk.ask(.join(joined, predecessors: [])).joined == true)
    func isForgotten(_ change: (inout MemberRow) -> Void) throws -> Bool {
      var changed = joined
      change(&changed)
      return try world.desk.ask(.renew(changed, maximumRows: 9, readsMembers: false)).isForgotten
    }
    #expect(try isForgotten { $0.seq = 1 })
    #expect(try isForgotten { $0.term = 2 })
    #expect(try isForgotten { $0.instance = bob })
    #expect(
      try isForgotten {
        $0.applied = rows[0].end; $0.applied.revision = 2
      })
    #expect(try isForgotten { $0.applied.revision = 3 })
    #expect(try world.desk.ask(.members).members == [joined])
    #expect(try world.desk.ask(.newTerm(from: 1, at: rows[1].end)).done == true)
    #expect(try isForgotten { _ in })
    #expect(try isForgotten { $0.term = 2 })
    #expect(try world.desk.ask(.members).members == [joined])
  }

  /// Two renewals of one row at once, as after a copy of a machine: one is committed.
  @Test func ofTwoRenewalsOneCounts() throws {
    let world = try World()
    let other = try world.anotherDesk()
    let joined = member(alice, applied: .empty)
    #expect(try world.desk.ask(.join(joined, predecessors: [])).joined == true)
    let answers = [Box<UpstreamAnswer>(), Box<UpstreamAnswer>()]
    for (desk, answer) in zip([world.desk, other], answers) {
      desk.store.send(.renew(joined, maximumRows: 1, readsMembers: false), on: .follow) {
        answer.value = $0
      }
    }
    let renewed = try [world.desk.wait(for: answers[0]), other.wait(for: answers[1])]
    #expect(Set(renewed.map(\.isForgotten)) == [true, false])
    #expect(try world.desk.ask(.members).members?.map(\.seq) == [1])
  }

  @Test func aMemberJoinsInTheTermAndNeverGoesBack() throws {
    let world = try World()
    var joined = member(alice, applied: .empty)
    joined.term = 2
    #expect(try world.desk.ask(.join(joined, predecessors: [])).joined == false)
    joined.term = 1
    #expect(try world.desk.ask(.join(joined, predecessors: [])).joined == true)
    // Carried out twice, or late.
    #expect(try world.desk.ask(.join(joined, predecessors: [])).joined == false)
    #expect(
      try world.desk.ask(.renew(joined, maximumRows: 1, readsMembers: false)).polled != nil)
    #expect(try world.desk.ask(.join(joined, predecessors: [])).joined == false)
    #expect(try world.desk.ask(.members).members?.map(\.seq) == [1])
    // Anew.
    var anew = joined
    (anew.seq, anew.host, anew.format) = (1 << 32, "b", 9)
    #expect(try world.desk.ask(.join(anew, predecessors: [])).joined == true)
    #expect(try world.desk.ask(.members).members == [anew])
  }

  /// Otherwise a wait would count a member on a fork as one that has applied the row.
  @Test func aMemberJoinsOnlyWhereTheLogHasItsPosition() throws {
    let world = try World()
    let rows = try chain(2, in: world)
    for position in [
      LogPosition(revision: 2, hash: rows[0].end.hash),
      LogPosition(revision: 3, hash: rows[1].end.hash),
    ] {
      let forked = member(alice, applied: position)
      #expect(try world.desk.ask(.join(forked, predecessors: [])).joined == false)
    }
    #expect(try world.desk.ask(.members).members == [])
    let good = member(alice, applied: rows[0].end)
    #expect(try world.desk.ask(.join(good, predecessors: [])).joined == true)
  }

  @Test func aRenewalCanBringTheMembers() throws {
    let world = try World()
    let rows = try chain(2, in: world)
    let first = member(alice, applied: rows[0].end)
    var second = member(bob, applied: rows[1].end)
    (second.seq, second.host, second.format) = (5 << 32, "", 7)
    #expect(try world.desk.ask(.join(first, predecessors: [])).joined == true)
    #expect(try world.desk.ask(.join(second, predecessors: [])).joined == true)
    let polled = try #require(
      try world.desk.ask(.renew(first, maximumRows: 9, readsMembers: true)).polled)
    #expect(polled.rows == [rows[1]])
    // As they were when the statement began.
    #expect(Set(polled.members ?? []) == [first, second])
    let none = try world.desk.ask(.renew(second, maximumRows: 9, readsMembers: false)).polled
    #expect(none?.members == nil && none?.rows == [])
  }

  @Test func aSuccessorReplacesItsPredecessor() throws {
    let world = try World()
    let old = member(alice, applied: .empty)
    let new = member(bob, applied: .empty)
    #expect(try world.desk.ask(.join(old, predecessors: [])).joined == true)
    var late = new
    late.term = 2
    #expect(try world.desk.ask(.join(late, predecessors: [alice])).joined == false)
    #expect(try world.desk.ask(.members).members == [old])
    #expect(
      try world.desk.ask(.join(new, predecessors: [alice, InstanceID(high: 9, low: 9), bob])).joined
        == true)
    #expect(try world.desk.ask(.members).members == [new])
  }

  @Test func onlyAMemberThatStandsStillIsForgotten() throws {
    let world = try World()
    let joined = member(alice, applied: .empty)
    #expect(try world.desk.ask(.join(joined, predecessors: [])).joined == true)
    #expect(try world.desk.ask(.renew(joined, maximumRows: 1, readsMembers: false)).polled != nil)
    #expect(try world.desk.ask(.forget(alice, seq: 0)).done == false)
    #expect(try world.desk.ask(.forget(bob, seq: 1)).done == false)
    #expect(try world.desk.ask(.forget(alice, seq: 1)).done == true)
    #expect(try world.desk.ask(.members).members == [])
  }

  private func member(_ instance: InstanceID, applied: LogPosition) -> MemberRow {
    MemberRow(
      instance: instance, host: "höst '1'", seq: 0, term: 1, applied: applied, format: 3)
  }

  private func append(_ rows: [LogRow], to world: World) throws {
    for row in rows {
      let after = try #require(
        try world.desk.ask(.poll(after: .empty, maximumRows: 99)).polled?.rows.last?.end ?? .empty)
      #expect(
        try world.desk.ask(.insert(row, after: after, by: alice), on: .append).inserted == true)
    }
  }

  /// Rows of one entry each.
  private func chain(
    _ count: Int, in world: World, entries: [UInt8] = [1, 2, 3]
  ) throws -> [LogRow] {
    var rows: [LogRow] = []
    for _ in 0..<count {
      let after = rows.last?.end ?? .empty
      rows.append(row(after: after, entries: entries))
      #expect(
        try world.desk.ask(.insert(rows[rows.count - 1], after: after, by: alice), on: .append)
          .inserted == true)
    }
    return rows
  }
}
