internal import Ledger
internal import Platform
internal import Services

extension Writer {
  /// Removes some tokens that ended long ago; whether there are more.
  ///
  /// How long ago, the log's own time says and not the clock: a ledger that nobody writes to is not
  /// swept, nor does it grow. Nothing is removed while the wall clock is not believed: which of the
  /// two is right is then for an operator to say.
  func sweepTokens() -> Bool {
    if clock.reading().isDoubted { return false }
    do {
      var draft = try ledger.makeDraft(at: LedgerTime(nanoseconds: 0), identifiers: identifiers)
      let count = services.sweepTokens(&draft, by: Actor.daemon)
      // Of a damaged row the log tells elsewhere.
      guard draft.damage.take() == nil, count > 0 else { return false }
      identifiers = try draft.commit()
      log.write(.debug, "ended tokens were removed", [("count", "\(count)")])
      return count == PosternServices.mostSwept
    } catch StoreError.damagedRow {
      return false
    } catch {
      condition.failed(error)
      return false
    }
  }

  /// What has to be looked at now and then.
  func keepUp() {
    condition.look()
    if condition.refusal == nil {
      do throws(StoreError) { try ledger.requireFile() } catch { condition.failed(error) }
    }
    do {
      let count = try ledger.freeSlotsOfDeadReaders()
      if count > 0 { log.write(.info, "readers that died were removed", [("count", "\(count)")]) }
    } catch {
      log.write(.warning, "readers can't be looked at", [("reason", "\(error)")])
    }
  }
}
