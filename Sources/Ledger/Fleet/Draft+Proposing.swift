package import Fleet
package import Tokens

/// What a draft of a fleet comes to: nothing of it counts before its row stands in the fleet's log
/// and is applied.
package struct DraftProposal {
  /// The position that its decisions rest on.
  package let after: LogPosition
  /// What to append; nil for nothing.
  package let row: LogRow?
  /// The generator of token ids, for the next batch.
  package let identifiers: TokenIDGenerator
  /// The wall clock that a command has accepted. It counts once the row stands.
  package let accepted: ClockReading?
  /// The changes of the row as they were decided; nil for none.
  package let applied: ProposedDraft?
}

/// The transaction of a draft that was proposed. It saves applying the row a second time: half of
/// the writer's work for an entry. Nothing depends on it. It is set aside while the network is
/// waited for, and whatever is to be written meanwhile aborts it; the row is then applied as those
/// of others are.
///
/// Hazard: it belongs to the thread that has made the draft.
package final class ProposedDraft {
  /// Where the log ends behind its row.
  package let end: LogPosition
  private let ledger: Ledger
  private let transaction: UInt64
  private let head: Head
  private let fold: Fold

  init(
    _ ledger: Ledger, _ transaction: consuming WriteTransaction, head: Head, fold: consuming Fold
  ) {
    end = head.position
    self.ledger = ledger
    self.head = head
    self.fold = fold
    self.transaction = transaction.park()
  }

  deinit { drop() }

  /// Aborts it.
  package func drop() {
    _ = WriteTransaction(ledger.environment, parked: transaction, isKeptElsewhere: true)
  }

  /// Commits and publishes it, once its row stands in the log. False if something else was written
  /// meanwhile: then nothing has changed.
  package func commit() throws(StoreError) -> Bool {
    guard
      let transaction = WriteTransaction(
        ledger.environment, parked: transaction, isKeptElsewhere: true)
    else { return false }
    try ledger.commit(transaction, at: head, hasChanged: true, marks: fold.marks)
    return true
  }
}

extension Draft {
  /// Ends a draft that was made for a fleet. Its transaction is set aside. The member gives the row
  /// its term. `isReport` says whether a command waits until every member has applied the row.
  /// Throws why nothing can be appended.
  package consuming func propose(
    isReport: Bool
  ) throws(StoreError) -> DraftProposal {
    if let failure { throw failure }
    let after = base.position
    guard entryCount > 0 else {
      return DraftProposal(
        after: after, row: nil, identifiers: identifiers, accepted: accepted, applied: nil)
    }
    let row = LogRow(
      first: after.revision + 1, end: head.position, term: 0, isReport: isReport,
      entries: collected)
    let (identifiers, accepted, ledger, head) = (identifiers, accepted, ledger, head)
    return DraftProposal(
      after: after, row: row, identifiers: identifiers, accepted: accepted,
      applied: ProposedDraft(ledger, transaction, head: head, fold: fold))
  }
}
