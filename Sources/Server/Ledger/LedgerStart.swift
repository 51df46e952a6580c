internal import Ledger
internal import Platform
internal import Services
internal import Synchronization

/// Opens the ledger of a daemon, unless it is not the one that this host knows: an older copy,
/// another ledger, or none where there was one; or unless the host's note of it is gone.
enum LedgerStart {
  static func open(
    _ configuration: Configuration, _ log: Log
  ) throws -> (Ledger, HostKeeper) {
    let folder = configuration.dataFolder
    let host = try HostFile.open(folder: folder)
    guard Ledger.isThere(in: folder) else {
      if !configuration.createsLedger { try requireNoTrace(host, folder) }
      LedgerCopy.removeLeftovers(in: folder)
      return try begin(configuration, log, "a new ledger")
    }
    LedgerCopy.removeLeftovers(in: folder)
    if configuration.createsLedger {
      log.write(.warning, "there is a ledger: --create was not needed", [])
    }
    guard let host else {
      try adopt(configuration, log)
      return try begin(
        configuration, log, "what this host knows of the ledger is kept from now on")
    }
    try settle(host, configuration, log)
    let ledger = try ledger(configuration)
    let keeper = HostKeeper(host, in: folder)
    let now = try ledger.hostRecord()
    keeper.update { record in
      (record.epoch, record.revision, record.hash) = (now.epoch, now.revision, now.hash)
    }
    try keeper.flush()
    try remember(ledger, log)
    return (ledger, keeper)
  }

  /// Opens a ledger of which this host has no note, and makes one.
  private static func begin(
    _ configuration: Configuration, _ log: Log, _ event: String
  ) throws -> (Ledger, HostKeeper) {
    let folder = configuration.dataFolder
    let ledger = try ledger(configuration)
    log.write(.info, event, [("data", folder), ("ledger", "\(ledger.identity.id)")])
    let file = try HostFile.create(folder: folder, try ledger.hostRecord())
    try remember(ledger, log)
    return (ledger, HostKeeper(file, in: folder))
  }

  /// Lets the ledger know that there is a note. A full disk is no reason not to start.
  private static func remember(_ ledger: Ledger, _ log: Log) throws(StoreError) {
    do throws(StoreError) { try ledger.rememberNote() } catch {
      guard case .full = error else { throw error }
      log.write(.warning, "the ledger has no room to remember that this host has a note of it", [])
    }
  }

  private static func ledger(_ configuration: Configuration) throws(StoreError) -> Ledger {
    try Ledger(
      folder: configuration.dataFolder, mapSizeBytes: configuration.limits.ledgerBytes,
      readers: configuration.workers + configuration.limits.services.exports + 9
        + configuration.workers * 4 * configuration.limits.unfinishedQueries)
  }

  /// Begins another epoch of a ledger that this host has no note of. A restored copy, which may go
  /// on elsewhere too, has never been noted; of any other the note is gone or was left behind, and
  /// nothing tells how much it lacks.
  private static func adopt(_ configuration: Configuration, _ log: Log) throws {
    let ledger = try ledger(configuration)
    guard try ledger.isNoted else { return try ledger.beginEpoch() }
    guard configuration.lostRevisions == .unknown else {
      throw unnoted(configuration)
    }
    try lose(.unknown, ledger, nil, configuration, log)
  }

  /// Refuses a ledger that lacks what was acknowledged here, or begins another epoch of it where
  /// exactly that much is given up. It is closed again: an open one keeps its epoch.
  private static func settle(
    _ host: HostFile, _ configuration: Configuration, _ log: Log
  ) throws {
    let (record, folder) = (host.record, configuration.dataFolder)
    let ledger = try ledger(configuration)
    let end = ledger.published.load(ordering: .relaxed)
    let lost: UInt64
    switch try ledger.compare(with: record) {
    case .holdsAll:
      if configuration.lostRevisions != nil {
        log.write(.warning, "nothing is lost: take --lose-revisions away", [])
      }
      return
    case .isAnother:
      throw ConfigurationError(
        "the ledger in `\(folder)` is \(ledger.identity.id), but this host knows "
          + "\(record.ledgerID) there: put that back; or, if this one is meant, "
          + "remove `\(folder)/\(HostFile.name)`")
    case .isBehind(let count): lost = count
    case .hasDiverged: lost = record.revision
    }
    guard configuration.lostRevisions == .count(lost) else {
      throw older(end: end, lost, record, configuration)
    }
    try lose(.count(lost), ledger, record.clock, configuration, log)
  }

  private static func lose(
    _ lost: LostRevisions, _ ledger: Ledger, _ note: ClockNote?, _ configuration: Configuration,
    _ log: Log
  ) throws(StoreError) {
    let keeps = configuration.keepsTokens
    let end = ledger.published.load(ordering: .relaxed)
    try ledger.beginEpoch(
      losing: lost, keepsTokens: keeps, by: .daemon,
      at: LedgerClock(ledger.clockStart(note)).read())
    let count = if case .count(let count) = lost { "\(count)" } else { LostRevisions.unknownWord }
    log.write(
      .warning, "an older copy of the ledger is in use",
      [
        ("lost_revisions", count), ("revision", "\(end)"),
        ("tokens", keeps ? "kept" : "all revoked"),
      ])
  }
}
