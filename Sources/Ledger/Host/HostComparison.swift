internal import Messages

/// How a ledger stands to what its host has acknowledged.
package enum HostComparison: Sendable, Equatable {
  /// It holds all of that.
  case holdsAll
  /// It is an older copy, which lacks this number of revisions.
  case isBehind(lost: UInt64)
  /// It has other entries: at the newest revision that was acknowledged the hash is another.
  case hasDiverged
  /// It is another ledger.
  case isAnother
}

extension Ledger {
  /// Whether the ledger in the folder can be found, and is no link to nothing.
  package static func isReachable(in folder: String) -> Bool {
    LedgerFile.isReachable(in: folder)
  }

  /// Whether a ledger is in the folder.
  package static func isThere(in folder: String) -> Bool {
    LedgerFile.isThere(in: folder)
  }

  /// Whether a restore was cut off in the folder.
  package static func isHalfRestored(in folder: String) -> Bool {
    LedgerFile.isHalfRestored(in: folder)
  }

  /// Compares the ledger with what its host has acknowledged.
  package func compare(with record: HostRecord) throws(StoreError) -> HostComparison {
    guard record.ledgerID == identity.id else { return .isAnother }
    let transaction = try ReadTransaction(environment)
    // A start was cut off after it had given up what is missing, and before the host noted that.
    if try hasGivenUp(record, transaction) { return .holdsAll }
    let head = try head(in: transaction)
    guard head.revision >= record.revision else {
      return .isBehind(lost: record.revision - head.revision)
    }
    guard record.revision > 0 else { return .holdsAll }
    let key = Key(bigEndian: record.revision)
    guard let entry = try transaction.get(tables.log, key.bytes) else {
      throw .corrupted("the entry of revision \(record.revision) is missing")
    }
    return SHA256.hash(entry).isEqual(to: record.hash.span) ? .holdsAll : .hasDiverged
  }

  /// What the host is to remember of the ledger as it is now.
  package func hostRecord() throws(StoreError) -> HostRecord {
    let transaction = try ReadTransaction(environment)
    let head = try head(in: transaction)
    return HostRecord(
      ledgerID: identity.id, epoch: identity.epoch, revision: head.revision,
      hash: Array(copying: head.hash.span))
  }

  /// Begins another epoch. The ledger has to be opened anew then: this one keeps its old epoch.
  package consuming func beginEpoch() throws(StoreError) {
    var draft = try makeDraft(
      at: LedgerTime(nanoseconds: 0), identifiers: try makeTokenIDGenerator())
    draft.beginEpoch()
    _ = try draft.commit()
  }

  /// Begins another epoch of a ledger that lacks what was acknowledged: one entry by `actor` says
  /// so, and unless `keepsTokens` another one revokes every token, in the same transaction. The
  /// ledger remembers the note of its host that it does not fulfil. It has to be opened anew, as
  /// above.
  package consuming func beginEpoch(
    losing lost: LostRevisions, of record: HostRecord?, keepsTokens: Bool, by actor: Actor,
    at time: LedgerTime
  ) throws(StoreError) {
    var draft = try makeDraft(at: time, identifiers: try makeTokenIDGenerator())
    let revision = draft.revision
    draft.append(by: actor) { entry in
      let change = entry.makeRevisionsLost()
      if case .count(let count) = lost { change.setLostRevisionCount(count) }
      change.setTokensKept(keepsTokens)
    }
    if !keepsTokens, revision > 0 {
      draft.revokeTokens(issuedThrough: revision, by: actor)
    }
    draft.beginEpoch(givingUp: record)
    _ = try draft.commit()
  }
}

/// What an operator gives up with a ledger that is not the newest one, or may not be.
package enum LostRevisions: Sendable, Equatable {
  /// The number of lost revisions that the host has noted as acknowledged.
  case count(UInt64)
  /// An unknown number: the note of the host is gone.
  case unknown

  /// What stands for `unknown` on a command line.
  package static let unknownWord = "unknown"
}
