package import Fleet
package import Tokens

/// What a draft of a fleet comes to: nothing of it counts before its row stands in the fleet's log
/// and was applied from there, as the rows of others are.
package struct DraftProposal: Sendable {
  /// The position that its decisions rest on.
  package let after: LogPosition
  /// What to append; nil for nothing.
  package let row: LogRow?
  /// The generator of token ids, for the next batch.
  package let identifiers: TokenIDGenerator
  /// The wall clock that a command has accepted. It counts once the row stands.
  package let accepted: ClockReading?
}

extension Draft {
  /// Ends a draft that was made for a fleet. Its transaction is aborted, so that none is open while
  /// the network is waited for. The member gives the row its term. `isReport` says whether a
  /// command waits until every member has applied the row. Throws why nothing can be appended.
  package consuming func propose(
    isReport: Bool
  ) throws(StoreError) -> DraftProposal {
    if let failure { throw failure }
    let after = base.position
    let row =
      entryCount == 0
      ? nil
      : LogRow(
        first: after.revision + 1, end: head.position, term: 0, isReport: isReport,
        entries: collected)
    return DraftProposal(
      after: after, row: row, identifiers: identifiers, accepted: accepted)
  }
}
