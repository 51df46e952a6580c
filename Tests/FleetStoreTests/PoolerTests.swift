internal import Fleet
@testable internal import FleetStore
internal import TestSupport
internal import Testing

/// Through PgBouncer in transaction mode: each statement may have another session.
@Suite struct PoolerTests {
  @Test func aMembersLife() throws {
    let world = try World()
    let pooler = try PgBouncer(before: world.server)
    let desk = try Desk(pooler.string(database: world.database))
    var member = MemberRow(
      instance: alice, host: "a", seq: 0, term: 1, applied: .empty, format: 3)
    #expect(try desk.ask(.poll(after: .empty, maximumRows: 9)).polled?.fleet == World.fleet)
    #expect(try desk.ask(.join(member, predecessors: [bob])).joined == true)
    var rows: [LogRow] = []
    for index in 0..<20 {
      let after = rows.last?.end ?? .empty
      rows.append(row(after: after, entries: [UInt8](repeating: 5, count: index * 10_000)))
      #expect(
        try desk.ask(.insert(rows[index], after: after, by: alice), on: .append).inserted == true)
      let renewed = try desk.ask(.renew(member, maximumRows: 9, readsMembers: true)).polled
      #expect(renewed?.rows == [rows[index]])
      member.seq += 1
      member.applied = rows[index].end
    }
    #expect(try desk.ask(.takeTurn(alice, nanoseconds: 0)).done == true)
    #expect(try desk.ask(.members).members?.map(\.seq) == [20])
    #expect(try desk.ask(.forget(alice, seq: 19)).done == false)
    #expect(try desk.ask(.newTerm(from: 1, at: rows[19].end)).done == true)
    #expect(try desk.ask(.leave(alice)).done == true)
  }

  /// The pooler's own errors, which leave the outcome unknown too.
  @Test func aServerLostBehindItLeavesItOpen() throws {
    let world = try World()
    let pooler = try PgBouncer(before: world.server)
    let desk = try Desk(pooler.string(database: world.database))
    let session = try Session(world)
    try session.execute("begin; \(insertion(of: row(after: .empty, mark: 9)))")
    let answer = Box<UpstreamAnswer>()
    desk.store.send(.insert(row(after: .empty), after: .empty, by: alice), on: .append) {
      answer.value = $0
    }
    try world.waitForLock(turning: desk)
    try world.execute(
      """
      select pg_terminate_backend(pid, 10000) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'
      """)
    #expect(try desk.wait(for: answer).doubt != nil)
    try session.execute("rollback")
    let again = row(after: .empty)
    #expect(try desk.ask(.insert(again, after: .empty, by: alice), on: .append).inserted == true)
  }
}
