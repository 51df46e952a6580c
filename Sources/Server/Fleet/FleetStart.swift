internal import Fleet
internal import FleetStore
internal import Ledger
internal import Platform
internal import RPC
internal import Services

/// Makes a ledger that belongs to no fleet yet the fleet's, before it is served: if the fleet is
/// there and the ledger's log is the beginning of its log. Later the member does the rest.
struct FleetStart {
  let access: FleetAccess
  let log: Log

  /// Opens the ledger, as the fleet's where there is one.
  func open(_ start: LedgerStart) throws -> (Ledger, HostKeeper) {
    if let opened = try openOrJoin(start) { return opened }
    // As what it has become.
    return try start.open()
  }

  /// Opens the ledger; nil where it has become a fleet's. It is closed again then: an open one
  /// keeps its epoch.
  private func openOrJoin(_ start: LedgerStart) throws -> (Ledger, HostKeeper)? {
    let (ledger, keeper) = try start.open()
    guard ledger.fleetID == nil, let fleet = try fleetToJoin(ledger) else {
      return (ledger, keeper)
    }
    log.info(
      "the ledger becomes a fleet's", [("data", ledger.folder), ("fleet", "\(fleet.id)")])
    try ledger.joinFleet(fleet.id, epoch: fleet.epoch)
    return nil
  }

  /// The fleet to join; nil where there is none yet. Waits for the database, which a first start
  /// needs.
  private func fleetToJoin(_ ledger: Ledger) throws -> FleetRow? {
    let database = try BlockingFleetStore(access)
    defer { database.close() }
    let head = ledger.newestHead.position
    let answer: UpstreamAnswer
    do throws(Status) {
      answer = try database.ask(.poll(after: head, maximumRows: 1))
    } catch {
      throw ConfigurationError(error.message)
    }
    guard case .polled(let polled) = answer else {
      throw ConfigurationError(
        "a daemon that joins a fleet needs its database for its first start: \(answer.problem)")
    }
    guard let fleet = polled.fleet, fleet.isReady else { return nil }
    guard fleet.format <= access.format else {
      throw ConfigurationError(
        "the log of the fleet \(fleet.id) has the format \(fleet.format), and this daemon takes "
          + "\(access.format): install a newer version"
          + (access.format < EntryFormat.newest ? ", or remove --fleet-format" : ""))
    }
    try requireBeginning(of: fleet, polled, of: ledger, in: database)
    return fleet
  }

  /// Refuses a ledger with another log, and says from where on it differs.
  private func requireBeginning(
    of fleet: FleetRow, _ polled: Polled, of ledger: Ledger, in database: BlockingFleetStore
  ) throws {
    let head = ledger.newestHead.position
    if try ledger.isShared(through: head, by: polled) { return }
    let other = try database.firstUnshared(of: ledger, through: head.revision)
    throw ConfigurationError(
      "the ledger in `\(ledger.folder)` is not the beginning of the log of the fleet "
        + "\(fleet.id): from revision \(other) on it has other changes: start with an empty "
        + "folder, or with a backup of a member")
  }
}

extension UpstreamAnswer {
  /// Why the database does not say what was asked, for the operator at the terminal.
  fileprivate var problem: String {
    switch self {
    case .refused(let refusal): FleetProblem.database(refusal).detail
    case .doubt(let reason), .unreachable(let reason): FleetProblem.away(reason).detail
    default: Status.unanswered(self).message
    }
  }
}
