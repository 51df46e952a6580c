internal import Fleet
@testable internal import FleetStore
internal import TestSupport
internal import Testing

/// How a fleet begins, and what the database lets each role do.
@Suite struct SetupTests {
  @Test func theFirstLogIsUploadedBeforeAnyoneElseWrites() throws {
    let server = try PostgreSQL.shared()
    let desk = try Desk(server.string(database: server.makeDatabase()))
    let fleet = World.fleet
    #expect(try desk.ask(.begin(fleet)).done == true)
    var begun = fleet
    begun.isReady = false
    #expect(try desk.ask(.poll(after: .empty, maximumRows: 9)).polled?.fleet == begun)
    let first = row(after: .empty, count: 3)
    let second = row(after: first.end)
    #expect(try desk.ask(.insert(first, after: .empty, by: alice), on: .append).inserted == false)
    #expect(try desk.ask(.upload(first, after: .empty, fleet: alice)).done == false)
    #expect(try desk.ask(.upload(first, after: .empty, fleet: fleet.id)).done == true)
    #expect(try desk.ask(.upload(first, after: .empty, fleet: fleet.id)).done == false)
    #expect(try desk.ask(.finish(fleet: fleet.id, at: second.end, format: 3)).done == false)
    #expect(try desk.ask(.upload(second, after: first.end, fleet: fleet.id)).done == true)
    #expect(try desk.ask(.finish(fleet: fleet.id, at: .empty, format: 3)).done == false)
    #expect(try desk.ask(.finish(fleet: alice, at: second.end, format: 3)).done == false)
    #expect(try desk.ask(.finish(fleet: fleet.id, at: second.end, format: 3)).done == true)
    #expect(try desk.ask(.finish(fleet: fleet.id, at: second.end, format: 3)).done == false)
    let third = row(after: second.end)
    #expect(try desk.ask(.upload(third, after: second.end, fleet: fleet.id)).done == false)
    #expect(
      try desk.ask(.insert(third, after: second.end, by: alice), on: .append).inserted == true)
    let polled = try #require(try desk.ask(.poll(after: .empty, maximumRows: 9)).polled)
    #expect(polled.fleet == fleet && polled.rows == [first, second, third])
  }

  @Test func ofTwoThatBeginOneWins() throws {
    let server = try PostgreSQL.shared()
    let string = server.string(database: try server.makeDatabase())
    let desks = try [Desk(string), Desk(string)]
    var fleets = [World.fleet, World.fleet]
    fleets[1].id = bob
    let answers = [Box<UpstreamAnswer>(), Box<UpstreamAnswer>()]
    for index in 0..<2 {
      desks[index].store.send(.begin(fleets[index])) { answers[index].value = $0 }
    }
    let won = try (0..<2).map { try desks[$0].wait(for: answers[$0]) }
    let winner = try #require(won.firstIndex { $0.done == true })
    #expect(won[1 - winner].refused != nil)
    let polled = try desks[0].ask(.poll(after: .empty, maximumRows: 9)).polled
    #expect(polled?.fleet?.id == fleets[winner].id)
    #expect(try desks[0].ask(.begin(fleets[1 - winner])).refused == "42P06")
  }

  @Test func theFormatIsRaisedWhenAllCanReadIt() throws {
    let world = try World()
    var member = stranger
    #expect(try world.desk.ask(.join(member, predecessors: [])).joined == true)
    let first = row(after: .empty)
    func raise(_ row: LogRow, to format: UInt32, after: LogPosition) throws -> Bool? {
      try world.desk.ask(.raise(row, to: format, after: after, by: alice), on: .append).inserted
    }
    #expect(try raise(first, to: 4, after: .empty) == false)
    member.format = 4
    #expect(
      try world.desk.ask(.renew(member, maximumRows: 1, readsMembers: false)).polled != nil)
    var late = first
    late.term = 2
    #expect(try raise(late, to: 4, after: .empty) == false)
    #expect(try world.desk.ask(.poll(after: .empty, maximumRows: 1)).polled?.fleet?.format == 3)
    #expect(try raise(first, to: 4, after: .empty) == true)
    // The log does not end there any more.
    #expect(try raise(first, to: 4, after: .empty) == false)
    let polled = try #require(try world.desk.ask(.poll(after: .empty, maximumRows: 9)).polled)
    #expect(polled.fleet?.format == 4 && polled.rows == [first])
    var old = stranger
    old.instance = alice
    #expect(try world.desk.ask(.join(old, predecessors: [])).joined == false)
    old.format = 4
    #expect(try world.desk.ask(.join(old, predecessors: [])).joined == true)
  }

  /// A member that joins meanwhile was seen, or sees.
  @Test func theFormatWaitsForJoinsUnderWay() throws {
    let world = try World()
    let session = try Session(world)
    try session.execute(
      """
      begin; insert into postern.member (instance, host, seq, term, applied, hash, format)
      values ('\(alice)', '', 0, 1, 0, decode(repeat('00', 32), 'hex'), 3)
      """)
    let answer = Box<UpstreamAnswer>()
    let first = row(after: .empty)
    world.desk.store.send(
      .raise(first, to: 4, after: .empty, by: alice), on: .append
    ) { answer.value = $0 }
    try world.waitForLock()
    try session.execute("commit")
    #expect(try world.desk.wait(for: answer).inserted != true)
  }

  /// Renewals wait behind it, so it does not wait for long.
  @Test func theFormatIsNotRaisedBehindALock() throws {
    let world = try World()
    let session = try Session(world)
    try session.execute("begin; lock table postern.member in share mode")
    let first = row(after: .empty)
    let answer = try world.desk.ask(.raise(first, to: 4, after: .empty, by: alice), on: .append)
    #expect(answer.refused == "55P03")
    try session.execute("commit")
  }

  /// Nothing is read from tables of another version, so that no member writes to them.
  @Test(arguments: [
    "alter table postern.fleet drop column version",
    "update postern.fleet set version = version + 1",
    "drop function postern.present_turns",
  ])
  func tablesOfAnotherVersionAreRefused(_ change: String) throws {
    let world = try World()
    try world.execute(change)
    let answer = try world.desk.ask(.poll(after: .empty, maximumRows: 1))
    #expect(answer.refused == "PS001")
  }

  @Test func rolesHaveWhatTheyNeedAndNoMore() throws {
    let world = try World()
    let writer = "w \"\(world.database)"
    let reader = "r\(world.database)"
    let quoted = "\"w \"\"\(world.database)\""
    try world.execute(
      """
      create role \(quoted) login; create role \(reader) login;
      \(FleetSchema.grants(role: writer, isWriting: true))
      \(FleetSchema.grants(role: reader, isWriting: false))
      """)
    let writing = try Desk(world.string(role: "'w \"\(world.database)'"))
    let reading = try Desk(world.string(role: reader))
    let first = row(after: .empty)
    // A member's life, in both roles.
    for (desk, instance) in [(writing, alice), (reading, bob)] {
      let member = MemberRow(
        instance: instance, host: "a", seq: 0, term: 1, applied: .empty, format: 3)
      #expect(try desk.ask(.poll(after: .empty, maximumRows: 9)).polled?.fleet == World.fleet)
      #expect(try desk.ask(.join(member, predecessors: [])).joined == true)
      #expect(try desk.ask(.renew(member, maximumRows: 9, readsMembers: true)).polled != nil)
      #expect(try desk.ask(.members).members?.isEmpty == false)
    }
    #expect(try reading.ask(.takeTurn(bob, nanoseconds: 1)).refused == "42501")
    #expect(try reading.ask(.insert(first, after: .empty, by: bob), on: .append).refused == "42501")
    #expect(try writing.ask(.takeTurn(alice, nanoseconds: 1 << 40)).done == true)
    #expect(try writing.ask(.insert(first, after: .empty, by: alice), on: .append).inserted == true)
    let second = row(after: first.end)
    let raise = UpstreamRequest.raise(second, to: 3, after: first.end, by: alice)
    #expect(try reading.ask(raise, on: .append).refused == "42501")
    #expect(try writing.ask(raise, on: .append).inserted == true)
    // The rows of another role.
    var other = MemberRow(
      instance: alice, host: "x", seq: 1, term: 1, applied: first.end, format: 3)
    #expect(try reading.ask(.renew(other, maximumRows: 9, readsMembers: false)).isForgotten)
    #expect(try reading.ask(.leave(alice)).done == false)
    #expect(try reading.ask(.forget(alice, seq: 1)).done == false)
    other.seq = 9
    #expect(try reading.ask(.join(other, predecessors: [])).refused == "42501")
    #expect(try reading.ask(.join(stranger, predecessors: [alice])).joined == true)
    #expect(try world.execute("select count(*) from postern.member where host = 'a'") == "2")
    // Neither makes or ends a fleet.
    #expect(try writing.ask(.newTerm(from: 1, at: .empty)).refused == "42501")
    #expect(try writing.ask(.begin(World.fleet)).refused == "42501")
    #expect(try writing.ask(.upload(first, after: .empty, fleet: World.fleet.id)).done == false)
    for statement in [
      "update postern.log set term = 2", "delete from postern.log", "truncate postern.log",
      "update postern.fleet set term = 2", "delete from postern.fleet",
      "insert into postern.member (instance, host, seq, term, applied, hash, format, role) "
        + "select gen_random_uuid(), host, seq, term, applied, hash, format, 'postgres' "
        + "from postern.member",
    ] {
      #expect(throws: FixtureError.self) {
        try world.execute("set role \(quoted); \(statement)")
      }
    }
    #expect(try writing.ask(.leave(alice)).done == true)
    try world.execute(
      """
      drop owned by \(quoted), \(reader); drop role \(quoted); drop role \(reader)
      """)
  }

  private let stranger = MemberRow(
    instance: InstanceID(high: 5, low: 5), host: "s", seq: 0, term: 1, applied: .empty, format: 3)

  @Test func aRoleThatMayOnlyReadIsRefused() throws {
    let world = try World()
    try world.execute(
      "alter database \(world.database) set default_transaction_read_only = on")
    let desk = try world.anotherDesk()
    #expect(try desk.ask(.poll(after: .empty, maximumRows: 9)).polled?.fleet == World.fleet)
    let first = row(after: .empty)
    #expect(try desk.ask(.insert(first, after: .empty, by: alice), on: .append).refused == "25006")
    #expect(try desk.ask(.join(stranger, predecessors: [])).refused == "25006")
  }

  @Test func aRowHasALimit() throws {
    let world = try World()
    let large = row(
      after: .empty, entries: [UInt8](repeating: 0, count: FleetSchema.maximumRowBytes + 1))
    #expect(
      try world.desk.ask(.insert(large, after: .empty, by: alice), on: .append).refused == "23514")
    let largest = row(
      after: .empty, entries: [UInt8](repeating: 0, count: FleetSchema.maximumRowBytes))
    #expect(
      try world.desk.ask(.insert(largest, after: .empty, by: alice), on: .append).inserted == true)
    #expect(try world.desk.ask(.poll(after: .empty, maximumRows: 9)).polled?.rows == [largest])
  }

  /// Tables that are not ours, or of another version.
  @Test func foreignTablesAreSaidToBe() throws {
    let world = try World()
    #expect(
      try world.desk.ask(.insert(row(after: .empty), after: .empty, by: alice), on: .append)
        .inserted == true)
    try world.execute("alter table postern.log alter column term type integer")
    #expect(try world.desk.ask(.poll(after: .empty, maximumRows: 9)).refused == "PS001")
  }
}
