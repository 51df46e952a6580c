internal import Fleet
@testable internal import FleetStore
internal import TestSupport
internal import Testing

/// Reports of members that can't renew, and repairs of a log that has lost rows.
@Suite struct RepairTests {
  private let fleet = World.fleet.id

  private func report(
    _ instance: InstanceID, _ seq: UInt64, head: LogPosition,
    _ trouble: HeadReport.Trouble = .forgot
  ) -> HeadReport {
    HeadReport(
      instance: instance, host: "h", seq: seq, term: 1, head: head, trouble: trouble)
  }

  private func member(_ instance: InstanceID, applied: LogPosition, seq: UInt64 = 1) -> MemberRow {
    MemberRow(instance: instance, host: "h", seq: seq, term: 1, applied: applied, format: 3)
  }

  /// So many rows, each of one entry.
  private func chain(_ count: Int, in world: World) throws -> [LogRow] {
    var rows: [LogRow] = []
    for _ in 0..<count {
      let next = row(after: rows.last?.end ?? .empty)
      let answer = try world.desk.ask(
        .insert(next, after: rows.last?.end ?? .empty, by: alice), on: .append)
      #expect(answer.inserted == true)
      rows.append(next)
    }
    return rows
  }

  @Test func aReportRenewsNothing() throws {
    let world = try World()
    let rows = try chain(2, in: world)
    let joined = member(alice, applied: rows[1].end)
    #expect(try world.desk.ask(.join(joined, predecessors: [])).joined == true)
    let lost = row(after: rows[1].end).end
    let own = report(alice, 2, head: lost)
    let answer = try world.desk.ask(.report(own, fleet: fleet))
    guard case .reported(let members, let before) = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(members == [joined] && before.isEmpty)
    #expect(try world.desk.ask(.reports).reports == [own])
    // One that comes late, and one of another fleet.
    _ = try world.desk.ask(.report(report(alice, 1, head: .empty), fleet: fleet))
    _ = try world.desk.ask(.report(report(bob, 1, head: .empty), fleet: bob))
    #expect(try world.desk.ask(.reports).reports == [own])
    #expect(try world.desk.ask(.members).members == [joined])
    // A member without trouble has nothing to report.
    #expect(
      try world.desk.ask(.join(member(alice, applied: rows[1].end, seq: 9), predecessors: []))
        .joined == true)
    #expect(try world.desk.ask(.reports).reports == [])
  }

  @Test func aReportGoesWithItsMember() throws {
    let world = try World()
    for instance in [alice, bob] {
      #expect(
        try world.desk.ask(.join(member(instance, applied: .empty), predecessors: [])).joined
          == true)
      _ = try world.desk.ask(.report(report(instance, 1, head: .empty), fleet: fleet))
    }
    #expect(try world.desk.ask(.leave(alice)).done == true)
    #expect(try world.desk.ask(.reports).reports?.map(\.instance) == [bob])
    // It has renewed since it was seen.
    #expect(try world.desk.ask(.forget(bob, seq: 0)).done == false)
    #expect(try world.desk.ask(.reports).reports?.map(\.instance) == [bob])
    // Its row may be lost, so that only the report is left.
    try world.execute("delete from postern.member")
    #expect(try world.desk.ask(.forget(bob, seq: 0)).done == true)
    #expect(try world.desk.ask(.forget(bob, seq: 0)).done == false)
    #expect(try world.desk.ask(.reports).reports == [])
  }

  @Test func missingRowsAreAppendedInANewTerm() throws {
    let world = try World()
    let rows = try chain(4, in: world)
    try world.execute("delete from postern.log where first > 2")
    func ask(_ request: SetupRequest) throws -> Bool? { try world.desk.ask(request).done }
    let head = rows[1].end
    // Elsewhere, in another term, of another fleet, not forward.
    #expect(try ask(.repair(fleet: fleet, from: 1, to: 2, at: rows[2].end)) == false)
    #expect(try ask(.repair(fleet: fleet, from: 1, to: 2, at: .empty)) == false)
    #expect(try ask(.repair(fleet: fleet, from: 2, to: 3, at: head)) == false)
    #expect(try ask(.repair(fleet: bob, from: 1, to: 2, at: head)) == false)
    #expect(try ask(.repair(fleet: fleet, from: 1, to: 1, at: head)) == false)
    // The terms that were lost are left out.
    #expect(try ask(.repair(fleet: fleet, from: 1, to: 5, at: head)) == true)
    var third = rows[2]
    third.term = 5
    // No other append comes in between.
    #expect(try world.desk.ask(.insert(third, after: head, by: bob), on: .append).inserted == false)
    let polled = try world.desk.ask(.poll(after: head, maximumRows: 9)).polled
    #expect(polled?.fleet?.isReady == false && polled?.fleet?.term == 5)
    #expect(try ask(.upload(rows[2], after: head, fleet: fleet)) == false)
    #expect(try ask(.upload(third, after: head, fleet: fleet)) == true)
    // Interrupted here, and begun anew by any host, wherever the log ends now.
    #expect(try ask(.repair(fleet: fleet, from: 5, to: 6, at: head)) == false)
    #expect(try ask(.repair(fleet: fleet, from: 5, to: 6, at: third.end)) == true)
    var fourth = rows[3]
    fourth.term = 6
    #expect(try ask(.upload(fourth, after: third.end, fleet: fleet)) == true)
    #expect(try ask(.finish(fleet: fleet, at: third.end, format: 3)) == false)
    #expect(try ask(.finish(fleet: fleet, at: fourth.end, format: 4)) == true)
    let found = try world.desk.ask(.poll(after: .empty, maximumRows: 9)).polled
    #expect(found?.rows == [rows[0], rows[1], third, fourth])
    // One of them may have raised it.
    #expect(found?.fleet?.isReady == true && found?.fleet?.format == 4)
  }

  @Test func rowsThatNoHostCanApplyAreCutOff() throws {
    let world = try World()
    let rows = try chain(4, in: world)
    func cut(
      _ first: UInt64, through end: LogPosition, from term: UInt64 = 1
    ) throws -> Bool? {
      try world.desk.ask(.cut(from: first, through: end, fleet: fleet, term: term, to: 2)).done
    }
    let there = member(alice, applied: rows[2].end)
    #expect(try world.desk.ask(.join(there, predecessors: [])).joined == true)
    #expect(try cut(3, through: rows[3].end) == false)
    #expect(try world.desk.ask(.leave(alice)).done == true)
    _ = try world.desk.ask(.report(report(bob, 1, head: rows[2].end, .unapplied), fleet: fleet))
    #expect(try cut(3, through: rows[3].end) == false)
    _ = try world.desk.ask(.report(report(bob, 2, head: rows[1].end, .unapplied), fleet: fleet))
    // A row was appended since they were kept, another term, no row that begins there.
    #expect(try cut(3, through: rows[2].end) == false)
    #expect(try cut(3, through: rows[3].end, from: 2) == false)
    #expect(try cut(9, through: rows[3].end) == false)
    #expect(try world.desk.ask(.read(from: 3)).rows == [rows[2], rows[3]])
    #expect(try world.execute("select count(*) from postern.log") == "4")
    #expect(try cut(3, through: rows[3].end) == true)
    #expect(try cut(3, through: rows[3].end) == false)
    let polled = try world.desk.ask(.poll(after: .empty, maximumRows: 9)).polled
    #expect(polled?.rows == [rows[0], rows[1]] && polled?.fleet?.term == 2)
    #expect(polled?.fleet?.isReady == true)
    let late = row(after: rows[1].end)
    #expect(
      try world.desk.ask(.insert(late, after: rows[1].end, by: bob), on: .append).inserted == false)
    #expect(try world.desk.ask(.read(from: 3)).rows == [])
  }

  /// Rows that can't be unsealed are kept as they are.
  @Test func rowsAreReadAsTheyStand() throws {
    let folder = TemporaryFolder()
    let key = try FleetKey(path: folder.write("key", String(repeating: "5a", count: 32) + "\n"))
    let world = try World(key: key)
    let rows = try chain(1, in: world)
    let stored = try #require(try world.desk.ask(.read(from: 1)).rows)
    #expect(stored.count == 1 && stored[0].end == rows[0].end)
    #expect(RowSeal.isSealed(stored[0].entries))
  }
}
