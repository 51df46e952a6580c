internal import EventLoop
internal import Fleet
internal import FleetStore
internal import Ledger
internal import Platform
internal import RPC
internal import Services

/// What an operator does to the fleet: on a background thread, with a connection of its own, so
/// that it may wait for the database.
struct FleetDesk: FleetControl {
  let site: FleetSite
  let ledger: Ledger

  /// How long it takes at most until this host is a member, so that the next command is taken.
  private static let joiningNanoseconds: Int64 = 5_000_000_000

  /// The bytes that are read of the log at a time.
  private static let chunkBytes = 4 << 20

  func initialize(
    leaseNanoseconds: Int64, _ board: FleetBoard
  ) throws(Status) -> FleetBeginning {
    let counter = try connect()
    defer { counter.close() }
    let fleet = FleetRow(
      id: InstanceID(high: ledger.identity.id.high, low: ledger.identity.id.low),
      epoch: ledger.identity.epoch, term: 1, format: ledger.newestHead.format,
      leaseNanoseconds: leaseNanoseconds, isReady: false)
    let position = try begin(fleet, at: counter)
    try upload(after: position, of: fleet.id, at: counter) { revision in
      board.knowledge.withLock { $0.uploadedRevision = revision }
    }
    site.link.mailbox.post(.demand)
    try counter.wait(atMostNanoseconds: Self.joiningNanoseconds) { board.isFollowing }
    return FleetBeginning(
      id: fleet.id,
      grants: FleetSchema.grants(role: "fleethost", isWriting: true))
  }

  func forget(_ instance: InstanceID, _ board: FleetBoard) throws(Status) {
    guard let member = board.silentMember(instance) else {
      throw Status(
        .failedPrecondition,
        "the fleet has no member `\(instance)` that has been silent for longer than its lease",
        reason: "MEMBER_ANSWERS")
    }
    let counter = try connect()
    defer { counter.close() }
    guard case .done(true) = try counter.ask(.forget(instance, seq: member.seq)) else {
      throw Status(
        .failedPrecondition, "the member has renewed its lease, or is gone already",
        reason: "MEMBER_ANSWERS")
    }
  }

  /// Begins the fleet in the database, or finds that this host has begun it. Returns where the
  /// uploaded log ends.
  private func begin(_ fleet: FleetRow, at counter: FleetCounter) throws(Status) -> LogPosition {
    switch try counter.ask(.begin(fleet)) {
    case .done: return .empty
    case .refused: break
    case let answer: throw .unanswered(answer)
    }
    // The schema is there: perhaps this host was interrupted.
    let head = ledger.newestHead.position
    guard case .polled(let polled) = try counter.ask(.poll(after: head, maximumRows: 1)),
      let found = polled.fleet
    else { throw .anotherSchema }
    guard found.id == fleet.id, found.epoch == fleet.epoch else { throw .anotherFleet(found.id) }
    guard !found.isReady else { throw .fleetIsThere }
    guard let position = try position(at: polled.headRevision) else { throw .anotherSchema }
    return position
  }

  private func upload(
    after start: LogPosition, of fleet: InstanceID, at counter: FleetCounter,
    progress: (UInt64) -> Void
  ) throws(Status) {
    var position = start
    while true {
      let rows: [LogRow]
      do {
        rows = try ledger.rows(after: position.revision, maximumBytes: Self.chunkBytes, term: 1)
      } catch {
        throw .unreadable(error)
      }
      for row in rows {
        try counter.require(.upload(row, after: position, fleet: fleet))
        position = row.end
        progress(position.revision)
      }
      if rows.isEmpty { break }
    }
    try counter.require(.finish(fleet: fleet, at: position))
  }

  private func position(at revision: UInt64) throws(Status) -> LogPosition? {
    do { return try ledger.position(at: revision) } catch { throw .unreadable(error) }
  }

  private func connect() throws(Status) -> FleetCounter {
    do { return try FleetCounter(site) } catch {
      throw Status(.internalError, "the kernel refuses a connection: \(error)")
    }
  }
}

/// One question after another to the database, on the thread that asks.
final class FleetCounter {
  private let loop: EventLoop
  private let store: FleetStore

  init(_ site: FleetSite) throws(Errno) {
    loop = try EventLoop()
    store = try site.makeStore(on: loop)
  }

  func close() { store.close() }

  /// Waits for the answer, at most for the time that a request may take.
  func ask(_ request: UpstreamRequest) throws(Status) -> UpstreamAnswer {
    try wait { store, done in store.send(request, on: .follow, done) }
  }

  func ask(_ request: SetupRequest) throws(Status) -> UpstreamAnswer {
    try wait { store, done in store.send(request, done) }
  }

  /// Asks for what must be done now.
  func require(_ request: SetupRequest) throws(Status) {
    let answer = try ask(request)
    guard case .done(true) = answer else { throw .unanswered(answer) }
  }

  /// Waits until something holds, or the time is over.
  func wait(atMostNanoseconds limit: Int64, until holds: () -> Bool) throws(Status) {
    let end = Clock.monotonicNanoseconds() + limit
    do throws(Errno) {
      while !holds(), Clock.monotonicNanoseconds() < end {
        try loop.turn(timeoutNanoseconds: 10_000_000)
      }
    } catch {
      throw Status(.internalError, "the kernel refuses to wait: \(error)")
    }
  }

  private func wait(
    _ send: (FleetStore, @escaping (UpstreamAnswer) -> Void) -> Void
  ) throws(Status) -> UpstreamAnswer {
    var answer: UpstreamAnswer?
    send(store) { answer = $0 }
    do throws(Errno) {
      while answer == nil { try loop.turn(timeoutNanoseconds: nil) }
    } catch {
      throw Status(.internalError, "the kernel refuses to wait: \(error)")
    }
    guard let answer else { preconditionFailure("waited for an answer") }
    return answer
  }
}

extension Status {
  /// The database has not done what was asked.
  static func unanswered(_ answer: UpstreamAnswer) -> Status {
    switch answer {
    case .refused(let refusal): .fleet(.database(refusal))
    case .doubt(let reason), .unreachable(let reason): .fleet(.away(reason))
    case .polled, .joined, .renewed, .inserted, .members, .done:
      Status(
        .aborted, "the fleet was changed by another host meanwhile: look at `postern fleet status`",
        reason: "FLEET_CHANGED")
    }
  }

  fileprivate static var anotherSchema: Status {
    Status(
      .failedPrecondition,
      "the database has a schema `postern` that is not this host's fleet: use another database",
      reason: "FLEET_OTHER")
  }

  fileprivate static func anotherFleet(_ id: InstanceID) -> Status {
    Status(
      .failedPrecondition,
      "the database has the fleet \(id), which another host has begun: start this daemon anew to "
        + "join it", reason: "FLEET_OTHER")
  }

  fileprivate static var fleetIsThere: Status {
    Status(
      .alreadyExists, "the fleet has been begun already", reason: "FLEET_EXISTS")
  }
}
