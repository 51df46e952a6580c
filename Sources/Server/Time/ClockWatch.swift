internal import EventLoop
internal import Ledger
internal import Platform

/// Watches the wall clock for the ledger's clock, on the thread of the host file.
///
/// It looks every few seconds, and at once when another thread sees the wall clock ahead. It notes
/// a time beside the ledger before the ledger's clock follows it: a daemon that is killed right
/// after that goes on from there, and no token that has ended becomes valid again. If the note
/// can't be written it logs that and goes on: the clock is right as long as this daemon runs.
final class ClockWatch {
  private let clock: LedgerClock
  private let bootID = BootID.read()
  private let log: Log
  private let host: HostKeeper
  private var doubt: WallClockDoubt
  /// How long the machine had slept when the time was noted last.
  private var notedSleepNanoseconds = ClockWatch.sleepNanoseconds
  private var timer: LoopTimer?
  private var failure: String?

  /// How often the time is noted while nothing happens; less than `ClockStart.reserveNanoseconds`.
  private static let periodNanoseconds: Int64 = 10_000_000_000
  /// How often a wall clock is looked at that is not believed.
  private static let doubtPeriodNanoseconds: Int64 = 1_000_000_000

  /// How long the machine has slept since it was started.
  private static var sleepNanoseconds: Int64 {
    Clock.bootNanoseconds() - Clock.monotonicNanoseconds()
  }
  /// Shorter differences of the two clocks are no sleep: they can't be read at the same time.
  private static let minimumSleepNanoseconds: Int64 = 500_000_000

  /// Looks in the first turn of `loop`.
  init(_ watched: WatchedClock, on loop: EventLoop, log: Log) {
    clock = watched.clock
    host = watched.host
    doubt = WallClockDoubt(watched.doubt)
    self.log = log
    timer = LoopTimer(on: loop) { [unowned self] in
      note(clock.reading())
      return checkWallClock()
    }
    timer?.schedule(afterNanoseconds: 0)
  }

  /// Writes the last note.
  func finish() { note(clock.reading()) }

  /// Notes the time at once where the machine has slept since it was noted: a power cut soon after
  /// that must not take it back.
  func lookForSleep() {
    guard Self.sleepNanoseconds - notedSleepNanoseconds >= Self.minimumSleepNanoseconds else {
      return
    }
    note(clock.reading())
    look()
  }

  /// Looks at the wall clock, and acts on it.
  func look() {
    timer?.cancel()
    timer?.schedule(afterNanoseconds: checkWallClock())
  }

  /// Looks at the wall clock, and acts on it; in how many nanoseconds to look again.
  private func checkWallClock() -> Int64 {
    // One look can lead to the next: a clock that is believed again may be followed.
    for _ in 0..<3 {
      let reading = clock.reading()
      let outcome = doubt.look(
        reading, isSynchronized: reading.hasUnknownGap && Clock.isSynchronized)
      clock.noteDoubt(doubt.held)
      if case .nothing = outcome { break }
      act(outcome, reading)
    }
    let isDoubted = doubt.held != nil
    if !isDoubted { clock.forgetNotice() }
    return isDoubted ? Self.doubtPeriodNanoseconds : Self.periodNanoseconds
  }

  private func act(_ outcome: WallClockDoubt.Outcome, _ reading: ClockReading) {
    switch outcome {
    case .nothing: break
    case .follow: follow(reading)
    case .settle:
      clock.settle()
      note(clock.reading())
    case .doubt:
      let until = reading.believedAtNanoseconds ?? reading.time.nanoseconds
      log.warning(
        "the wall clock is ahead of the ledger's time and not believed",
        [
          ("ahead_seconds", "\(reading.aheadNanoseconds / 1_000_000_000)"),
          ("ledger_time", Log.timestamp(reading.time.nanoseconds)),
          ("believed_at", Log.timestamp(until)),
        ])
    case .believe(let reason):
      follow(reading)
      log.warning(
        "the wall clock is believed",
        [
          ("ahead_seconds", "\(reading.aheadNanoseconds / 1_000_000_000)"),
          ("reason", reason.rawValue),
        ])
    case .ended:
      // An operator may have accepted it.
      note(clock.reading())
      log.info("the wall clock is not ahead any more: it is believed again", [])
    }
  }

  private func follow(_ reading: ClockReading) {
    save(ClockNote(following: reading, bootID: bootID))
    clock.follow(reading)
  }

  private func note(_ reading: ClockReading) { save(ClockNote(reading, bootID: bootID)) }

  private func save(_ note: ClockNote) {
    notedSleepNanoseconds = Self.sleepNanoseconds
    do throws(HostFileError) {
      try host.save(note)
      failure = nil
    } catch {
      let reason = "\(error)"
      guard failure != reason else { return }
      failure = reason
      log.warning("the time can't be noted beside the ledger", [("reason", reason)])
    }
  }
}
