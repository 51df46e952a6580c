internal import Ledger

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
