internal import EventLoop
internal import Fleet
@testable internal import FleetStore
internal import Platform
internal import TestSupport

/// A store with its loop, whose requests are answered before they return.
final class Desk {
  let loop: EventLoop
  let store: FleetStore

  init(_ string: String, key: FleetKey? = nil, limitMilliseconds: Int64 = 15_000) throws {
    loop = try EventLoop()
    store = try FleetStore(
      ConnectionString(string), key: key, on: loop,
      limitNanoseconds: 1_000_000 * limitMilliseconds)
  }

  deinit { store.close() }

  func ask(_ request: UpstreamRequest, on lane: Lane = .follow) throws -> UpstreamAnswer {
    let answer = Box<UpstreamAnswer>()
    store.send(request, on: lane) { answer.value = $0 }
    return try wait(for: answer)
  }

  func ask(_ request: SetupRequest) throws -> UpstreamAnswer {
    let answer = Box<UpstreamAnswer>()
    store.send(request) { answer.value = $0 }
    return try wait(for: answer)
  }

  func wait<Value>(for box: Box<Value>) throws -> Value {
    let end = Clock.monotonicNanoseconds() + 1_000_000 * Int64(ChildProcess.patienceMilliseconds)
    while box.value == nil, Clock.monotonicNanoseconds() < end {
      try loop.turn(timeoutNanoseconds: 100_000_000)
    }
    guard let value = box.value else { throw FixtureError("no answer") }
    return value
  }
}

/// A value that a closure sets.
final class Box<Value> {
  var value: Value?
}

/// A database with a fleet in it, which is ready and whose log is empty.
final class World {
  let server: PostgreSQL
  let database: String
  let desk: Desk

  static let fleet = FleetRow(
    id: InstanceID(high: 1, low: 2), epoch: .max - 4, term: 1, format: 3,
    leaseNanoseconds: 180_000_000_000, isReady: true)

  init(on server: PostgreSQL? = nil, key: FleetKey? = nil) throws {
    let server = try server ?? .shared()
    self.server = server
    database = try server.makeDatabase()
    desk = try Desk(server.string(database: database), key: key)
    guard case .done(true) = try desk.ask(.begin(Self.fleet)),
      case .done(true) = try desk.ask(.finish(fleet: Self.fleet.id, at: .empty, format: 3)),
      case .polled = try desk.ask(.poll(after: .empty, maximumRows: 1))
    else { throw FixtureError("no fleet") }
  }

  func string(role: String = "postgres") -> String { server.string(database: database, role: role) }

  /// Another member's store.
  func anotherDesk(key: FleetKey? = nil) throws -> Desk {
    let desk = try Desk(string(), key: key)
    _ = try desk.ask(.poll(after: .empty, maximumRows: 1))
    return desk
  }

  /// Waits until a session of this database waits for a lock.
  func waitForLock(turning other: Desk? = nil) throws {
    let end = Clock.monotonicNanoseconds() + 1_000_000 * Int64(ChildProcess.patienceMilliseconds)
    let question = """
      select count(*) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'
      """
    while try execute(question) == "0" {
      guard Clock.monotonicNanoseconds() < end else { throw FixtureError("no statement waits") }
      // The waiting statement may not be sent yet.
      try (other ?? desk).loop.turn(timeoutNanoseconds: 1_000_000)
    }
  }

  @discardableResult
  func execute(_ statements: String) throws -> String {
    try server.execute(statements, database: database)
  }
}

/// A row of so many entries behind a position, with a hash that follows from its mark.
func row(
  after: LogPosition, count: UInt64 = 1, term: UInt64 = 1, mark: UInt64 = 0,
  entries: [UInt8] = [1, 2, 3], isReport: Bool = false
) -> LogRow {
  let last = after.revision + count
  return LogRow(
    first: after.revision + 1,
    end: LogPosition(revision: last, hash: LogHash(last, (mark, 7, 8))), term: term,
    isReport: isReport, entries: entries)
}

/// Inserts a row by SQL, past all guards.
func insertion(of row: LogRow) -> String {
  """
  insert into postern.log values (\(row.first), \(row.last), \(row.term), false, '',
    decode('\(row.end.hash.bytes.map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined())', 'hex'))
  """
}

let alice = InstanceID(high: 10, low: 1)
let bob = InstanceID(high: 10, low: .max)

extension SetupRequest {
  /// The term after one, at a head.
  static func newTerm(from term: UInt64, at head: LogPosition) -> SetupRequest {
    .repair(fleet: World.fleet.id, from: term, to: term + 1, at: head)
  }
}

extension UpstreamAnswer {
  var polled: Polled? {
    switch self {
    case .polled(let polled): polled
    case .renewed(let polled): polled
    default: nil
    }
  }

  var inserted: Bool? {
    if case .inserted(let isInserted) = self { isInserted } else { nil }
  }

  var done: Bool? {
    if case .done(let isDone) = self { isDone } else { nil }
  }

  var joined: Bool? {
    if case .joined(let isJoined) = self { isJoined } else { nil }
  }

  var members: [MemberRow]? {
    if case .members(let members) = self { members } else { nil }
  }

  var reports: [HeadReport]? {
    if case .reported(_, let reports) = self { reports } else { nil }
  }

  var rows: [LogRow]? {
    if case .rows(let rows) = self { rows } else { nil }
  }

  /// The state of a refusal.
  var refused: String? {
    if case .refused(let refusal) = self { refusal.state } else { nil }
  }

  /// The reason for a doubt.
  var doubt: String? {
    if case .doubt(let reason) = self { reason } else { nil }
  }

  var unreachable: String? {
    if case .unreachable(let reason) = self { reason } else { nil }
  }

  /// Whether a renewal changed nothing.
  var isForgotten: Bool {
    if case .renewed(nil) = self { true } else { false }
  }
}
