internal import EventLoop
internal import Ledger
internal import Platform
internal import Services

/// What the writer changes by itself, now and then.
enum Upkeep: Hashable {
  /// Removes tokens that ended long ago.
  case removal
  /// Writes down denied attempts.
  case denials
  /// Raises the format of the fleet's log.
  case format
  /// Brings the built-in policy into the fleet's log.
  case policy
}

extension Writer {
  /// How long a token is kept beyond its retention at most.
  private static var maximumDelayNanoseconds: Int64 { 60_000_000_000 }
  /// The time between two batches of tokens, in which commands run.
  private static var pauseNanoseconds: Int64 { 10_000_000 }

  /// Does it now, or as soon as a draft may begin.
  func run(_ upkeep: Upkeep) {
    if isBusy || isHeldOff {
      dueUpkeep.insert(upkeep)
      return askForTurn()
    }
    switch upkeep {
    case .removal: removeEndedTokens()
    case .denials: recordDenials()
    case .format: raiseFormat()
    case .policy: adoptBase()
    }
  }

  /// Removes tokens that ended long ago: a batch at a time, and the next round a minute after the
  /// last. No token is kept longer than twice the retention, nor than that and a minute.
  func scheduleTokenRemoval() {
    removal = LoopTimer(on: loop) { [unowned self] in
      run(.removal)
      return nil
    }
    scheduleRemoval(hasMore: false)
  }

  private func scheduleRemoval(hasMore: Bool) {
    let period = min(retentionNanoseconds, Self.maximumDelayNanoseconds)
    removal?.schedule(afterNanoseconds: hasMore ? Self.pauseNanoseconds : period)
  }

  /// Removes some tokens that ended long ago, and plans the next removal.
  ///
  /// The age of a token is measured by the ledger's clock, which goes on while nothing is written:
  /// a ledger that is full accepts nothing, and the removal is what makes room. Nothing is removed
  /// while the wall clock is not believed: an operator has to decide which time is right.
  private func removeEndedTokens() {
    if clock.reading().isDoubted { return scheduleRemoval(hasMore: false) }
    do {
      var draft = try makeDraft(at: now())
      let count = services.sweepTokens(&draft, by: Actor.daemon)
      // The log tells of a damaged row elsewhere.
      guard draft.damage.take() == nil, count > 0 else { return scheduleRemoval(hasMore: false) }
      end(draft, isReport: false) { [unowned self] end in settleRemoval(end, count: count) }
    } catch {
      settleRemoval(.failed(error), count: 0)
    }
  }

  private func settleRemoval(_ end: DraftEnd, count: Int) {
    switch end {
    case .stands: log.debug("ended tokens were removed", [("count", "\(count)")])
    case .superseded:
      dueUpkeep.insert(.removal)
      return
    case .refused, .failed(.damagedRow): return scheduleRemoval(hasMore: false)
    case .failed(let error):
      condition.failed(error)
      return scheduleRemoval(hasMore: false)
    }
    scheduleRemoval(hasMore: count == PosternServices.maximumSwept)
  }

  /// Looks for room, for a working disk, and for readers that died.
  func keepUp() {
    endLongDoubt()
    condition.look()
    if condition.refusal == nil {
      do throws(StoreError) {
        if ledger.isDistrusted { throw .contradicted }
        try ledger.requireWritable()
        try ledger.requireFile()
        try ledger.requireHistory()
      } catch { condition.failed(error) }
    }
    do {
      let count = try ledger.freeSlotsOfDeadReaders()
      if count > 0 { log.info("entries of dead readers were removed", [("count", "\(count)")]) }
    } catch {
      log.warning("the entries of readers can't be read", [("reason", "\(error)")])
    }
  }
}

extension Writer {
  /// Counts the attempts that the committed batch denied; they are logged within a minute.
  func countDenied() {
    guard !denied.isEmpty else { return }
    for attempt in denied { denials.add(attempt.key, atNanoseconds: attempt.nanoseconds) }
    denied.removeAll()
    recordDenialsLater()
  }

  /// Counts what a worker has denied.
  func count(_ table: DenialTable) {
    denials.add(table)
    recordDenialsLater()
  }

  /// Writes down the denied attempts, in a transaction of their own.
  func recordDenials() {
    guard !denials.isEmpty else { return }
    do {
      var draft = try makeDraft(at: now())
      // Room is for changes first.
      guard draft.room.hasMuch else { return recordDenialsLater() }
      draft.beginCommand()
      denials.record(in: &draft, by: Actor.daemon)
      // Others are counted meanwhile.
      let recorded = denials
      denials.removeAll()
      end(draft, isReport: false) { [unowned self] end in settleDenials(end, recorded) }
    } catch {
      condition.failed(error)
      recordDenialsLater()
    }
  }

  private func settleDenials(_ end: DraftEnd, _ recorded: DenialTable) {
    switch end {
    case .stands: return
    case .superseded: dueUpkeep.insert(.denials)
    case .refused: break
    case .failed(let error): condition.failed(error)
    }
    denials.add(recorded)
    recordDenialsLater()
  }

  private func recordDenialsLater() {
    recordingTimer.schedule(afterNanoseconds: Self.recordingNanoseconds)
  }
}

extension Writer {
  /// Raises the format of the fleet's log to what every member can read. If that fails, the next
  /// look at the members begins it again.
  private func raiseFormat() {
    guard let format = fleet?.commonFormat, format > ledger.newestHead.format else { return }
    do {
      var draft = try makeDraft(at: now())
      draft.beginCommand()
      draft.raiseFormat(to: format, by: .daemon)
      guard !draft.isRefused else { return }
      end(draft, isReport: false, raisedFormat: format) { [unowned self] end in
        if case .stands = end {
          log.info("the format of the fleet's log was raised", [("format", "\(format)")])
        }
      }
    } catch { condition.failed(error) }
  }
}

extension Writer {
  /// Brings the built-in policy into the fleet's log as text, if none stands there yet: versions
  /// with another one decide by it, too. The first member does it, of whatever version.
  private func adoptBase() {
    do {
      var draft = try makeDraft(at: now())
      draft.beginCommand()
      services.adoptBase(by: .daemon, &draft)
      guard draft.entryCount > 0 else { return }
      end(draft, isReport: false) { [unowned self] end in
        if case .superseded = end { dueUpkeep.insert(.policy) }
      }
    } catch { condition.failed(error) }
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
