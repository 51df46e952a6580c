internal import Ledger

// Why a daemon does not start on its folder, and what to do about it.

extension LedgerStart {
  /// Refuses to make an empty ledger where there was one, as far as what is left shows that.
  func requireNoTrace(_ host: HostFile?) throws(ConfigurationError) {
    let folder = configuration.dataFolder
    let cure =
      "put it back, restore a backup (`postern restore`), or start an empty one with --create"
    if let record = host?.record {
      throw ConfigurationError(
        "there is no ledger in `\(folder)`, where this host has acknowledged revision "
          + "\(record.revision) of ledger \(record.ledgerID): \(cure)")
    }
    if Ledger.isHalfRestored(in: folder) {
      throw ConfigurationError(
        "a restore into `\(folder)` was cut off: restore again, or start an empty ledger with "
          + "--create")
    }
    if let name = Ledger.trace(in: folder) {
      throw ConfigurationError(
        "there is no ledger in `\(folder)`, where there was one, as `\(name)` shows: \(cure)")
    }
  }

  var unnoted: ConfigurationError {
    let folder = configuration.dataFolder
    let given =
      if case .count(let count) = configuration.lostRevisions { " (not \(count))" } else { "" }
    return ConfigurationError(
      "`\(folder)/\(HostFile.name)` is gone, which noted how far the ledger beside it was "
        + "acknowledged: it may be an older copy, which lacks revokes. Put that file back; or "
        + "restore a backup (`postern restore`); or start once with --lose-revisions "
        + "\(LostRevisions.unknownWord)\(given), which revokes every token in it, unless "
        + "--keep-tokens is given too")
  }

  func olderCopy(
    end: UInt64, losing lost: UInt64, _ record: HostRecord
  ) -> ConfigurationError {
    let what =
      end < record.revision
      ? "ends at revision \(end), but this host has acknowledged \(record.revision): "
        + "\(lost) revisions are lost"
      : "has another entry at revision \(record.revision) than the one that this host has "
        + "acknowledged: up to \(lost) revisions are lost"
    let given =
      switch configuration.lostRevisions {
      case .count(let count): " (not \(count))"
      case .unknown: " (not \(LostRevisions.unknownWord))"
      case nil: ""
      }
    return ConfigurationError(
      "the ledger in `\(configuration.dataFolder)` is an older copy: it \(what), revokes perhaps "
        + "among them. Put the newest one back; or start once with --lose-revisions "
        + "\(lost)\(given), which revokes every token in it, unless --keep-tokens is given too")
  }
}
