internal import Ledger
internal import Platform
internal import Services
internal import Synchronization

/// Opens the ledger of a daemon, unless it is not the one that this host knows: an older copy,
/// another ledger, or none where there was one.
enum LedgerStart {
  static func open(
    _ configuration: Configuration, _ log: Log
  ) throws -> (Ledger, HostKeeper) {
    let folder = configuration.dataFolder
    let host = try HostFile.open(folder: folder)
    let isThere = Ledger.isThere(in: folder)
    if let host, !isThere, !configuration.createsLedger { throw missing(host.record, folder) }
    if !isThere, Ledger.isHalfRestored(in: folder), !configuration.createsLedger {
      throw ConfigurationError(
        "a restore into `\(folder)` was cut off: restore again, or start an empty ledger with "
          + "--create")
    }
    if isThere {
      if let host { try settle(host, configuration, log) } else { try adopt(configuration) }
    }
    if isThere, configuration.createsLedger {
      log.write(.warning, "there is a ledger: --create was not needed", [])
    }
    let ledger = try ledger(configuration)
    guard isThere, let host else {
      log.write(
        .info, isThere ? "what this host knows of the ledger is kept from now on" : "a new ledger",
        [("data", folder), ("ledger", "\(ledger.identity.id)")])
      let file = try HostFile.create(folder: folder, try ledger.hostRecord())
      return (ledger, HostKeeper(file))
    }
    let keeper = HostKeeper(host)
    let now = try ledger.hostRecord()
    keeper.update { record in
      (record.epoch, record.revision, record.hash) = (now.epoch, now.revision, now.hash)
    }
    try keeper.flush()
    return (ledger, keeper)
  }

  private static func ledger(_ configuration: Configuration) throws(StoreError) -> Ledger {
    try Ledger(
      folder: configuration.dataFolder, mapSizeBytes: configuration.limits.ledgerBytes,
      readers: configuration.workers + configuration.limits.services.exports + 9
        + configuration.workers * 4 * configuration.limits.unfinishedQueries)
  }

  /// Begins another epoch of a ledger that this host does not know: a copy from elsewhere, which
  /// may go on there too, or one of an earlier version.
  private static func adopt(_ configuration: Configuration) throws(StoreError) {
    let ledger = try ledger(configuration)
    try ledger.beginEpoch(revokingAll: false, by: .daemon, at: LedgerTime(nanoseconds: 0))
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
    guard configuration.lostRevisions == lost else {
      throw older(end: end, lost, record, configuration)
    }
    let keeps = configuration.keepsTokens
    try ledger.beginEpoch(
      revokingAll: !keeps, by: .daemon, at: LedgerClock(ledger.clockStart(record.clock)).read())
    log.write(
      .warning, "an older copy of the ledger is in use",
      [
        ("lost_revisions", "\(lost)"), ("revision", "\(end)"),
        ("tokens", keeps ? "kept" : "all revoked"),
      ])
  }

  private static func missing(_ record: HostRecord, _ folder: String) -> ConfigurationError {
    ConfigurationError(
      "there is no ledger in `\(folder)`, where this host has acknowledged revision "
        + "\(record.revision) of ledger \(record.ledgerID): put it back, restore a backup "
        + "(`postern restore`), or start an empty one with --create")
  }

  private static func older(
    end: UInt64, _ lost: UInt64, _ record: HostRecord, _ configuration: Configuration
  ) -> ConfigurationError {
    let what =
      end < record.revision
      ? "ends at revision \(end), but this host has acknowledged \(record.revision): "
        + "\(lost) revisions are lost"
      : "has another entry at revision \(record.revision) than the one that this host has "
        + "acknowledged: up to \(lost) revisions are lost"
    let given = configuration.lostRevisions.map { " (not \($0))" } ?? ""
    return ConfigurationError(
      "the ledger in `\(configuration.dataFolder)` is an older copy: it \(what), revokes perhaps "
        + "among them. Put the newest one back; or start once with --lose-revisions "
        + "\(lost)\(given), which revokes every token in it, unless --keep-tokens is given too")
  }
}
