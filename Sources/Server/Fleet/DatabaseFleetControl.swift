internal import EventLoop
internal import Fleet
internal import FleetStore
internal import Ledger
internal import Platform
internal import RPC
internal import Services

/// What an operator does to the fleet. It runs on a background thread, with a connection of its
/// own, so it may wait for the database.
struct DatabaseFleetControl: FleetControl {
  let access: FleetAccess
  let ledger: Ledger
  let log: Log

  var folder: String { ledger.folder }

  /// How long it takes at most until this host is a member, so that the next command is taken.
  static let joiningNanoseconds: Int64 = 5_000_000_000

  /// The bytes that are read of the log at a time.
  static let chunkBytes = 4 << 20

  func initializeFleet(
    leaseNanoseconds: Int64, _ membership: FleetMembership
  ) throws(Status) -> FleetBeginning {
    let database = try connect()
    defer { database.close() }
    let fleet = FleetRow(
      id: InstanceID(high: ledger.identity.id.high, low: ledger.identity.id.low),
      epoch: ledger.identity.epoch, term: 1, format: ledger.newestHead.format,
      leaseNanoseconds: leaseNanoseconds, isReady: false)
    let position = try begin(fleet, in: database)
    try upload(after: position, of: fleet, in: database) { revision in
      membership.knowledge.withLock { $0.uploadedRevision = revision }
    }
    access.link.mailbox.post(.demand)
    try database.wait(atMostNanoseconds: Self.joiningNanoseconds) { membership.isFollowing }
    return FleetBeginning(
      id: fleet.id,
      grants: FleetSchema.grants(role: "fleethost", isWriting: true))
  }

  func forgetMember(_ instance: InstanceID, _ membership: FleetMembership) throws(Status) {
    guard let member = membership.goneMember(instance) else {
      throw Status(
        .failedPrecondition,
        "the fleet has no member `\(instance)` that has been silent for longer than its lease",
        reason: "MEMBER_ANSWERS")
    }
    let database = try connect()
    defer { database.close() }
    guard case .done(true) = try database.ask(.forget(instance, seq: member?.seq ?? 0)) else {
      throw Status(
        .failedPrecondition, "the member has renewed its lease, or is gone already",
        reason: "MEMBER_ANSWERS")
    }
  }

  /// Begins the fleet in the database, or finds that this host has begun it. Returns where the
  /// uploaded log ends.
  private func begin(_ fleet: FleetRow, in database: BlockingFleetStore) throws(Status)
    -> LogPosition
  {
    switch try database.ask(.begin(fleet)) {
    case .done: return .empty
    // The schema is there, or another host makes it at the same time. Perhaps this host was
    // interrupted.
    case .refused(let refusal) where ["42P06", "23505"].contains(refusal.state): break
    case let answer: throw .unanswered(answer)
    }
    let head = ledger.newestHead.position
    let answer = try database.ask(.poll(after: head, maximumRows: 1))
    guard case .polled(let polled) = answer else { throw .unanswered(answer) }
    guard let found = polled.fleet else { throw .anotherSchema }
    guard found.id == fleet.id, found.epoch == fleet.epoch else { throw .anotherFleet(found.id) }
    guard !found.isReady else { throw .fleetIsThere }
    guard found.term == fleet.term else { throw .fleet(.repairing) }
    guard let position = try position(at: polled.headRevision) else { throw .anotherSchema }
    return position
  }

  /// Uploads the log behind a position in the fleet's term, and declares it whole.
  func upload(
    after start: LogPosition, of fleet: FleetRow, in database: BlockingFleetStore,
    progress: (UInt64) -> Void
  ) throws(Status) {
    var position = start
    while true {
      let rows: [LogRow]
      do {
        rows = try ledger.rows(
          after: position.revision, maximumBytes: Self.chunkBytes, term: fleet.term)
      } catch {
        throw .unreadable(error)
      }
      for row in rows {
        try database.require(.upload(row, after: position, fleet: fleet.id))
        position = row.end
        progress(position.revision)
      }
      if rows.isEmpty { break }
    }
    let format = ledger.newestHead.format
    try database.require(.finish(fleet: fleet.id, at: position, format: format))
  }

  func position(at revision: UInt64) throws(Status) -> LogPosition? {
    do { return try ledger.position(at: revision) } catch { throw .unreadable(error) }
  }

  func connect() throws(Status) -> BlockingFleetStore {
    do { return try BlockingFleetStore(access) } catch {
      throw Status(.internalError, "the kernel refuses a connection: \(error)")
    }
  }
}
