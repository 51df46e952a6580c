/// The time at which a ledger's clock continues when a daemon starts.
///
/// In the same boot of the machine CLOCK_BOOTTIME says how much time has passed since. After
/// another boot that is unknown: a machine that was off for three days is rightly three days ahead,
/// one whose battery is empty may be years off. Then the wall clock is believed when it is ahead
/// by little, or when the kernel says that it is synchronized. Until one of them, the hour or an
/// operator settles it, entries carry the time that is certain, and tokens from before the start
/// end by whichever clock is later.
package struct ClockStart: Sendable, Equatable {
  /// What the ledger's time is ahead of CLOCK_BOOTTIME.
  let offsetNanoseconds: Int64
  /// See `LedgerTime`; `never` when no gap is unknown.
  let countedSinceNanoseconds: Int64

  /// What was taken over of the wall clock by small steps, in this boot.
  let steps: FollowedSteps
  /// The wall clock that is not believed since before the start. The time between, in which no
  /// daemon looked at it, does not count for it.
  package let doubt: WallClockDoubt.Held?

  /// How far the time may have come after it was last noted, before the machine went off.
  package static let reserveNanoseconds: Int64 = 15_000_000_000

  /// Where a clock is that shows `nanoseconds` now.
  package init(nanoseconds: Int64, bootNanoseconds: Int64) {
    offsetNanoseconds = nanoseconds - bootNanoseconds
    countedSinceNanoseconds = LedgerClock.never
    (steps, doubt) = (FollowedSteps(), nil)
  }

  /// - Parameters:
  ///   - headNanoseconds: the time of the log's last entry; nil for an empty log.
  ///   - note: what was noted beside the ledger; nil for nothing.
  ///   - now: both clocks, the boot, and whether the wall clock is synchronized.
  package init(headNanoseconds: Int64?, note: ClockNote?, now: ClockSituation) {
    var steps = FollowedSteps()
    // Nothing that the wall clock could end, or an earlier time contradict.
    guard headNanoseconds != nil || note != nil else {
      offsetNanoseconds = now.wallNanoseconds - now.bootNanoseconds
      countedSinceNanoseconds = LedgerClock.never
      (self.steps, doubt) = (steps, nil)
      return
    }
    var time = headNanoseconds ?? .min
    var since = LedgerClock.never
    var doubt: WallClockDoubt.Held?
    if let note, note.isOfBoot(now.bootID), note.bootNanoseconds <= now.bootNanoseconds {
      let passed = now.bootNanoseconds - note.bootNanoseconds
      time = max(time, note.nanoseconds + passed)
      since = note.countedSinceNanoseconds
      steps = note.steps
      doubt = note.doubt?.later(by: passed)
    } else {
      if let note { time = max(time, note.nanoseconds + Self.reserveNanoseconds) }
      since = time
    }
    let ahead = now.wallNanoseconds - time
    let agrees =
      ahead >= -LedgerClock.believedNanoseconds
      && ahead <= steps.room(bootNanoseconds: now.bootNanoseconds)
    if agrees || (since != LedgerClock.never && now.isSynchronized) {
      if agrees { steps.take(max(0, ahead), bootNanoseconds: now.bootNanoseconds) }
      time = max(time, now.wallNanoseconds)
      since = LedgerClock.never
    }
    offsetNanoseconds = time - now.bootNanoseconds
    countedSinceNanoseconds = since
    (self.steps, self.doubt) = (steps, doubt)
  }
}
