internal import Fleet
@testable internal import FleetStore
internal import TestSupport
internal import Testing

/// Requests that were carried out, that were not, and that are in doubt.
@Suite struct DoubtTests {
  /// The classes in which a server refuses before it commits.
  @Test(arguments: [
    "22003", "23505", "23514", "25006", "40001", "40P01", "42501", "42P01", "53100", "57014",
    "55P03",
  ])
  func aDefiniteErrorIsARefusal(_ state: String) throws {
    let world = try World(raising: state)
    let answer = try world.desk.ask(.insert(first, after: .empty, by: alice), on: .append)
    // A lost race, or its name.
    #expect(state.hasPrefix("40") ? answer.inserted == false : answer.refused == state)
    try world.execute("alter table postern.log disable trigger user")
    #expect(try insert(world) == true)
  }

  @Test(arguments: [
    "40003", "57P01", "57P02", "08P01", "58030", "XX000", "P0001", "01000",
  ])
  func anyOtherErrorIsDoubt(_ state: String) throws {
    let world = try World(raising: state)
    let answer = try world.desk.ask(.insert(first, after: .empty, by: alice), on: .append)
    #expect(answer.doubt == "no (\(state))")
    try world.execute("alter table postern.log disable trigger user")
    #expect(try insert(world) == true)
  }

  /// The server has said how many rows it inserted, and then fails to commit.
  @Test func anErrorOfTheCommitCounts() throws {
    for state in ["23514", "P0001"] {
      let world = try World(raising: state, atCommit: true)
      let answer = try world.desk.ask(.insert(first, after: .empty, by: alice), on: .append)
      #expect(answer.inserted == nil)
      #expect(answer.refused == (state == "23514" ? state : nil))
      #expect(try world.execute("select count(*) from postern.log") == "0")
    }
  }

  /// As when the wait for a standby is cut short: committed, but not as durably as was asked for.
  @Test func aWarningLeavesACommitOpen() throws {
    let world = try World(raising: "01000", level: "warning")
    let answer = try world.desk.ask(.insert(first, after: .empty, by: alice), on: .append)
    #expect(answer.doubt != nil)
    #expect(try world.execute("select count(*) from postern.log") == "1")
    let harmless = try World(raising: "00000", level: "notice")
    #expect(try insert(harmless) == true)
  }

  @Test func aSessionThatIsEndedLeavesItOpen() throws {
    let world = try World()
    let (blocker, answer) = try blockedInsert(world)
    try world.execute(
      """
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'
      """)
    #expect(try world.desk.wait(for: answer).doubt?.contains("57P01") == true)
    try blocker.execute("rollback")
    #expect(try insert(world) == true)
  }

  /// Silence doesn't mean that it was not carried out: here it is, later.
  @Test func aStatementThatTakesTooLongLeavesItOpen() throws {
    let world = try World()
    let hasty = try Desk(world.string(), limitMilliseconds: 300)
    while try hasty.ask(.members, on: .append).members == nil {}
    let (blocker, answer) = try blockedInsert(world, by: hasty)
    #expect(try hasty.wait(for: answer).doubt == "no answer within 300 ms")
    #expect(try world.execute("select count(*) from postern.log") == "0")
    try blocker.execute("rollback")
    while try world.execute("select count(*) from postern.log") == "0" {}
    #expect(try world.desk.ask(.poll(after: .empty, maximumRows: 9)).polled?.rows == [first])
  }

  /// A large page over a slow line takes longer than an answer that does not come.
  @Test func aStatementMayTakeLongerWhileBytesCome() throws {
    let world = try World()
    let connection = try FleetConnection(ConnectionString(world.string()), on: world.desk.loop)
    defer { connection.close() }
    // Each notice is sent at once.
    func talk(times: Int) throws -> String {
      let result = Box<String>()
      let script = """
        do $$ begin for i in 1..\(times) loop
          perform pg_sleep(0.1); raise notice 'x';
        end loop; end $$; select 1
        """
      connection.perform(Statement(script: script), limitNanoseconds: 1_000_000_000) { outcome in
        switch consume outcome {
        case .rows: result.value = "done"
        case .doubt(let reason): result.value = reason
        case .refused(let refusal): result.value = refusal.message
        case .unreachable(let reason): result.value = reason
        }
      }
      return try world.desk.wait(for: result)
    }
    #expect(try talk(times: 20) == "done")
    #expect(try talk(times: 1_000) == "no answer within 1000 ms")
  }

  @Test func aServerThatCrashesLeavesItOpen() throws {
    let server = try PostgreSQL()
    let world = try World(on: server)
    let (blocker, answer) = try blockedInsert(world)
    try server.crashAndRestart()
    #expect(try world.desk.wait(for: answer).doubt != nil)
    #expect(throws: FixtureError.self) { try blocker.execute("commit") }
    #expect(try world.desk.ask(.poll(after: .empty, maximumRows: 9)).polled?.rows == [])
    #expect(try insert(world) == true)
  }

  /// Commits are synced although the role's default is not to.
  @Test func acknowledgedCommitsOutliveACrash() throws {
    let server = try PostgreSQL(settings: ["synchronous_commit=off", "wal_writer_delay=10000ms"])
    let world = try World(on: server)
    let member = MemberRow(
      instance: alice, host: "a", seq: 0, term: 1, applied: .empty, format: 3)
    #expect(try world.desk.ask(.join(member, predecessors: [])).joined == true)
    #expect(
      try world.desk.ask(.renew(member, maximumRows: 9, readsMembers: false)).polled != nil)
    #expect(try world.desk.ask(.takeTurn(alice, nanoseconds: 1 << 40)).done == true)
    try server.crashAndRestart()
    #expect(try world.desk.ask(.members).members?.map(\.seq) == [1])
    // The queue; the session of the member has ended, and with it its turn.
    #expect(try world.execute("select turns from postern.fleet") == "{\(alice)}")
    #expect(try insert(world) == true)
    try server.crashAndRestart()
    #expect(try world.desk.ask(.poll(after: .empty, maximumRows: 9)).polled?.rows == [first])
  }

  /// The server does not run, or does not answer: nothing was sent.
  @Test func withoutAConnectionNothingIsSent() throws {
    let nowhere = try Desk("host=/nonexistent dbname=a user=b")
    let reason = try nowhere.ask(.poll(after: .empty, maximumRows: 9)).unreachable
    #expect(reason?.contains("/nonexistent") == true)
    let server = try PostgreSQL()
    let world = try World(on: server)
    let stranger = try Desk(server.string(database: "nothing"))
    #expect(try stranger.ask(.members).unreachable?.contains("does not exist") == true)
    let hasty = try Desk(world.string(), limitMilliseconds: 300)
    try server.freeze()
    #expect(try hasty.ask(.members).unreachable == "no connection within 300 ms")
    // The attempt goes on, and another request joins it.
    #expect(try hasty.ask(.members).unreachable == "no connection within 300 ms")
    try server.thaw()
    let patient = try Desk(world.string())
    #expect(try patient.ask(.members).members == [])
  }

  /// As hosted databases do with idle sessions: the next request has a new one.
  @Test func aSessionThatEndsIdleIsReplaced() throws {
    let world = try World()
    for _ in 0..<3 {
      #expect(try world.desk.ask(.members).members == [])
      try world.execute(
        """
        select pg_terminate_backend(pid, 10000) from pg_stat_activity
        where datname = current_database() and application_name = 'postern'
        """)
    }
    #expect(try world.desk.ask(.members).members == [])
  }

  @Test func theFirstHostThatAnswersIsUsed() throws {
    let world = try World()
    let folder = try PostgreSQL.shared().folder
    let desk = try Desk("host=/nonexistent,\(folder) dbname=\(world.database) user=postgres")
    #expect(try desk.ask(.members).members == [])
  }

  private let first = row(after: .empty)

  private func insert(_ world: World) throws -> Bool? {
    try world.desk.ask(.insert(first, after: .empty, by: alice), on: .append).inserted
  }

  /// An insert that waits for another session, whose row stands in its way.
  private func blockedInsert(
    _ world: World, by desk: Desk? = nil
  ) throws -> (Session, Box<UpstreamAnswer>) {
    let session = try Session(world)
    try session.execute("begin; \(insertion(of: row(after: .empty, mark: 9)))")
    let answer = Box<UpstreamAnswer>()
    (desk ?? world.desk).store.send(.insert(first, after: .empty, by: alice), on: .append) {
      answer.value = $0
    }
    try world.waitForLock(turning: desk)
    return (session, answer)
  }
}

extension World {
  /// A fleet whose log raises something at each insert.
  fileprivate convenience init(
    raising state: String, level: String = "exception", atCommit: Bool = false
  ) throws {
    try self.init()
    let trigger =
      atCommit
      ? "constraint trigger no after insert on postern.log deferrable initially deferred"
      : "trigger no before insert on postern.log"
    try execute(
      """
      create function no() returns trigger language plpgsql as $$
        begin raise \(level) 'no' using errcode = '\(state)'; return new; end $$;
      create \(trigger) for each row execute function no();
      """)
  }
}
