internal import EpochPage
internal import Fleet
internal import Ledger
internal import Platform
internal import Services
internal import Synchronization

/// Opens the ledger of a daemon. Refuses one that is not the one that this host knows: an older
/// copy, another ledger, or none where there was one; and any whose note on this host is gone.
struct LedgerStart {
  let configuration: Configuration
  let log: Log
  /// Whether the daemon is a member of a fleet. What its ledger lacks then comes from the fleet's
  /// log, before it answers anything.
  var isInFleet = false
  /// The page that clients keep answers by.
  var epochs: EpochPage?
  private var folder: String { configuration.dataFolder }

  func open() throws -> (Ledger, HostKeeper) {
    let host = try HostFile.open(folder: folder)
    guard Ledger.isThere(in: folder) else {
      if !configuration.createsLedger { try requireNoTrace(host) }
      LedgerCopy.removeLeftovers(in: folder)
      return try makeNote("a new ledger")
    }
    guard Ledger.isReachable(in: folder) else { throw unreachable }
    LedgerCopy.removeLeftovers(in: folder)
    if configuration.createsLedger {
      log.warning("a ledger exists already: --create was not needed", [])
    }
    try requireFleetOfMark()
    guard let host else {
      if isInFleet {
        return try makeNote("what this host knows of the ledger is kept from now on")
      }
      try adopt()
      return try makeNote("this host keeps a note about the ledger from now on")
    }
    try settle(host)
    let ledger = try openLedger()
    let keeper = HostKeeper(host, in: folder)
    let now = try ledger.hostRecord()
    keeper.update { record in
      record.epoch = now.epoch
      // In a fleet the ledger may be behind what was acknowledged, and catches up. Else it was
      // given up.
      guard !isInFleet || now.revision >= record.revision else { return }
      (record.revision, record.hash) = (now.revision, now.hash)
    }
    try keeper.flush()
    try remember(ledger)
    return (ledger, keeper)
  }

  /// Opens a ledger of which this host has no note, and makes one.
  private func makeNote(_ event: String) throws -> (Ledger, HostKeeper) {
    let ledger = try openLedger()
    log.info(event, [("data", folder), ("ledger", "\(ledger.identity.id)")])
    let file = try HostFile.create(folder: folder, try ledger.hostRecord())
    try remember(ledger)
    return (ledger, HostKeeper(file, in: folder))
  }

  /// Notes in the ledger that this host has a note of it. The daemon also starts on a full disk.
  private func remember(_ ledger: Ledger) throws(StoreError) {
    do throws(StoreError) { try ledger.rememberNote() } catch {
      guard case .full = error else { throw error }
      log.warning("the ledger is full: it can't record that this host keeps a note about it", [])
    }
  }

  /// Opens the ledger to begin another epoch of it, if that is what was asked for. All tokens are
  /// revoked at once then, which copies their pages: for that it may outgrow its limit.
  private func openLedgerToJudge() throws(StoreError) -> Ledger {
    guard configuration.lostRevisions != nil, !configuration.keepsTokens else {
      return try openLedger()
    }
    let present = Ledger.fileBytes(in: folder)
    let copies = present + Self.spareBytes
    return try openLedger(
      mapSizeBytes: (max(configuration.limits.ledgerBytes, present) + copies) & ~0xffff)
  }

  private static let spareBytes = 64 << 20

  private func openLedger(mapSizeBytes: Int? = nil) throws(StoreError) -> Ledger {
    try Ledger(
      folder: configuration.dataFolder,
      mapSizeBytes: mapSizeBytes ?? configuration.limits.ledgerBytes,
      readers: configuration.workers + configuration.limits.services.exports + 9
        + configuration.workers * 4 * configuration.limits.unfinishedQueries,
      epochs: epochs)
  }

  /// Refuses the ledger of a fleet where there is none: changes to it would be a fork.
  private func requireFleetOfMark() throws {
    guard !isInFleet, let fleet = try openLedger().fleetID else { return }
    throw marked(fleet)
  }

  /// Begins another epoch of a ledger that this host has no note of. A restored copy, which may go
  /// on elsewhere too, has never been noted; of any other the note is gone or was left behind, and
  /// nothing tells how much it lacks.
  private func adopt() throws {
    let ledger = try openLedgerToJudge()
    if configuration.lostRevisions == nil, try !ledger.isNoted {
      log.warning(
        "a copy of a ledger is in use, and nothing on this host tells which revokes it lacks",
        [("revision", "\(ledger.published.load(ordering: .relaxed))")])
      return try ledger.beginEpoch()
    }
    guard configuration.lostRevisions == .unknown else {
      throw unnoted
    }
    try beginEpoch(ledger, losing: .unknown, of: nil)
  }

  /// Refuses a ledger that lacks what was acknowledged here, or begins another epoch of it where
  /// exactly that much is given up. It is closed again: an open one keeps its epoch.
  private func settle(_ host: HostFile) throws {
    let record = host.record
    let ledger = try openLedgerToJudge()
    let end = ledger.published.load(ordering: .relaxed)
    let lost: UInt64
    switch try ledger.compare(with: record) {
    case .holdsAll:
      if configuration.lostRevisions != nil {
        log.warning("no revision is lost: remove --lose-revisions", [])
      }
      return
    case .isAnother:
      throw ConfigurationError(
        "the ledger in `\(folder)` is \(ledger.identity.id), but this host had "
          + "\(record.ledgerID) there: put that one back; or, to use this one, "
          + "remove `\(folder)/\(HostFile.name)`")
    case .isBehind(let count):
      if isInFleet, ledger.fleetID != nil {
        return log.warning(
          "the ledger is an older copy: the fleet's log has the rest",
          [("revision", "\(end)"), ("missing", "\(count)")])
      }
      lost = count
    case .hasDiverged:
      if isInFleet { throw diverged(record) }
      lost = record.revision
    }
    guard configuration.lostRevisions == .count(lost) else {
      throw olderCopy(end: end, losing: lost, record)
    }
    try beginEpoch(ledger, losing: .count(lost), of: record)
  }

  private func beginEpoch(
    _ ledger: Ledger, losing lost: LostRevisions, of record: HostRecord?
  ) throws {
    let keeps = configuration.keepsTokens
    let end = ledger.published.load(ordering: .relaxed)
    let room = try ledger.roomToRevokeAll()
    do throws(StoreError) {
      try ledger.beginEpoch(
        losing: lost, of: record, keepsTokens: keeps, by: .daemon,
        at: LedgerClock(ledger.clockStart(record?.clock)).read())
    } catch {
      guard case .full = error, !keeps else { throw error }
      throw noRoomToRevoke(room)
    }
    let count = if case .count(let count) = lost { "\(count)" } else { LostRevisions.unknownWord }
    log.warning(
      "an older copy of the ledger is in use",
      [
        ("lost_revisions", count), ("revision", "\(end)"),
        ("tokens", keeps ? "kept" : "all revoked"),
      ])
  }
}

// The reasons why a daemon refuses its folder, each with what to do.

extension LedgerStart {
  /// Refuses to make an empty ledger if the remaining files show that there was one.
  func requireNoTrace(_ host: HostFile?) throws(ConfigurationError) {
    let folder = configuration.dataFolder
    let cure =
      "put it back, restore a backup (`postern restore`), or start an empty one with --create"
    if let record = host?.record {
      throw ConfigurationError(
        "there is no ledger in `\(folder)`, but this host has acknowledged revision "
          + "\(record.revision) of ledger \(record.ledgerID) there: \(cure)")
    }
    if Ledger.isHalfRestored(in: folder) {
      throw ConfigurationError(
        "a restore into `\(folder)` was cut off: restore again, or start an empty ledger with "
          + "--create")
    }
    if let name = Ledger.trace(in: folder) {
      throw ConfigurationError(
        "there is no ledger in `\(folder)`, but `\(name)` shows that there was one: \(cure)")
    }
  }

  var unreachable: ConfigurationError {
    ConfigurationError(
      "the ledger in `\(configuration.dataFolder)` is a link to a file that is not there: mount "
        + "the volume that holds it")
  }

  func marked(_ fleet: InstanceID) -> ConfigurationError {
    ConfigurationError(
      "the ledger in `\(configuration.dataFolder)` belongs to the fleet \(fleet), whose log is in "
        + "a database: start with --fleet CONNECTION; or restore a backup of it into another "
        + "folder (`postern restore`), which is a ledger of its own")
  }

  func diverged(_ record: HostRecord) -> ConfigurationError {
    ConfigurationError(
      "the ledger in `\(configuration.dataFolder)` has another entry at revision "
        + "\(record.revision) than the one that this host has acknowledged: put the newest one "
        + "back; or start with an empty folder, which takes all from the fleet's log")
  }

  var unnoted: ConfigurationError {
    let folder = configuration.dataFolder
    let given =
      if case .count(let count) = configuration.lostRevisions { " (not \(count))" } else { "" }
    return ConfigurationError(
      "`\(folder)/\(HostFile.name)` is missing, so the last acknowledged revision is unknown: "
        + "the ledger may be an older copy, which lacks revokes. Put that file back; or restore "
        + "a backup (`postern restore`); or start once with --lose-revisions "
        + "\(LostRevisions.unknownWord)\(given), which revokes every token in the ledger, unless "
        + "--keep-tokens is given too")
  }

  func noRoomToRevoke(_ room: (bytes: Int, missingBytes: Int)) -> ConfigurationError {
    let folder = configuration.dataFolder
    return ConfigurationError(
      "the tokens of the older copy can't be revoked: that takes about \(room.bytes) bytes in "
        + "`\(folder)`, and the disk lacks \(max(room.missingBytes, 1 << 20)) of them. Free so "
        + "many, or move the folder to a larger disk, and start again in the same way. "
        + "--keep-tokens is no way out: tokens that were revoked would be good again")
  }

  func olderCopy(
    end: UInt64, losing lost: UInt64, _ record: HostRecord
  ) -> ConfigurationError {
    let what =
      end < record.revision
      ? "ends at revision \(end), but this host has acknowledged \(record.revision): "
        + "\(lost) revisions are lost"
      : "has at revision \(record.revision) not the entry that this host has acknowledged: "
        + "up to \(lost) revisions are lost"
    let given =
      switch configuration.lostRevisions {
      case .count(let count): " (not \(count))"
      case .unknown: " (not \(LostRevisions.unknownWord))"
      case nil: ""
      }
    return ConfigurationError(
      "the ledger in `\(configuration.dataFolder)` is an older copy: it \(what), perhaps "
        + "with revokes. Put the newest one back; or start once with --lose-revisions "
        + "\(lost)\(given), which revokes every token in it, unless --keep-tokens is given too")
  }
}

/// Raises the format of a ledger that has no fleet to that of this version, before it is served:
/// no other daemon reads its log. In a fleet the members do it, once all of them can read it.
enum FormatStart {
  static func raise(_ ledger: Ledger, _ clock: LedgerClock, log: Log) throws {
    let old = ledger.newestHead.format
    guard old < EntryFormat.newest else { return }
    var draft = try ledger.makeDraft(
      at: clock.read(), identifiers: try ledger.makeTokenIDGenerator())
    draft.raiseFormat(to: EntryFormat.newest, by: .daemon)
    // A full ledger goes on with the old one.
    guard !draft.isRefused, draft.failure == nil else { return }
    _ = try draft.commit()
    log.info("the format of the log was raised", [("format", "\(EntryFormat.newest)")])
  }
}
