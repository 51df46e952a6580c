internal import EventLoop
internal import Ledger
internal import Platform
internal import Services

extension Writer {
  /// How long a token is kept beyond its retention at most.
  private static var maximumDelayNanoseconds: Int64 { 60_000_000_000 }
  /// The time between two batches of tokens, in which commands run.
  private static var pauseNanoseconds: Int64 { 10_000_000 }

  /// Removes tokens that ended long ago: a batch at a time, and the next round a minute after the
  /// last. No token is kept longer than twice the retention, nor than that and a minute.
  func scheduleTokenRemoval(retentionNanoseconds: Int64) {
    let period = min(retentionNanoseconds, Self.maximumDelayNanoseconds)
    let removal = LoopTimer(on: loop) { [unowned self] in
      removeEndedTokens() ? Self.pauseNanoseconds : period
    }
    removal.schedule(afterNanoseconds: period)
  }

  /// Removes some tokens that ended long ago; whether there are more.
  ///
  /// The age of a token is measured by the log's own time and not by the clock: a ledger without
  /// changes keeps its tokens, and does not grow. Nothing is removed while the wall clock is not
  /// believed: an operator has to decide which time is right.
  private func removeEndedTokens() -> Bool {
    if clock.reading().isDoubted { return false }
    do {
      var draft = try ledger.makeDraft(at: LedgerTime(nanoseconds: 0), identifiers: identifiers)
      let count = services.sweepTokens(&draft, by: Actor.daemon)
      // The log tells of a damaged row elsewhere.
      guard draft.damage.take() == nil, count > 0 else { return false }
      identifiers = try draft.commit()
      log.debug("ended tokens were removed", [("count", "\(count)")])
      return count == PosternServices.maximumSwept
    } catch StoreError.damagedRow {
      return false
    } catch {
      condition.failed(error)
      return false
    }
  }

  /// Looks for room, for a working disk, and for readers that died.
  func keepUp() {
    condition.look()
    if condition.refusal == nil {
      do throws(StoreError) {
        try ledger.requireFile()
        try ledger.requireHistory()
      } catch { condition.failed(error) }
    }
    do {
      let count = try ledger.freeSlotsOfDeadReaders()
      if count > 0 { log.info("readers that died were removed", [("count", "\(count)")]) }
    } catch {
      log.warning("readers can't be looked at", [("reason", "\(error)")])
    }
  }
}

extension Writer {
  /// Counts the attempts that the committed batch denied; they are logged within a minute.
  func countDenied() {
    guard !denied.isEmpty else { return }
    for attempt in denied { denials.add(attempt.key, atNanoseconds: attempt.nanoseconds) }
    denied.removeAll()
    recordingTimer.schedule(afterNanoseconds: Self.recordingNanoseconds)
  }

  /// Counts what a worker has denied.
  func count(_ table: DenialTable) {
    denials.add(table)
    recordingTimer.schedule(afterNanoseconds: Self.recordingNanoseconds)
  }

  /// Writes down the denied attempts, in a transaction of their own.
  func recordDenials() {
    guard !denials.isEmpty else { return }
    do {
      var draft = try ledger.makeDraft(
        at: clock.read(), identifiers: identifiers)
      // Room is for changes first.
      guard draft.room.hasMuch else { return }
      draft.beginCommand()
      denials.append(to: &draft, by: Actor.daemon)
      identifiers = try draft.commit()
      denials.removeAll()
      tellFollowers()
    } catch {
      condition.failed(error)
    }
  }
}

extension Actor {
  /// The daemon, where it changes something by itself.
  static var daemon: Actor {
    Actor(
      organizationID: [], userID: [], tokenID: nil, processUserID: ProcessControl.userID,
      processGroupID: ProcessControl.groupID, processID: ProcessControl.processID)
  }
}
