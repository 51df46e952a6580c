// The clock of the ledger. It starts at a time that has certainly passed, and runs with
// CLOCK_BOOTTIME, which can't be set and which counts while the machine sleeps. So it neither
// stands still nor goes back, whatever the wall clock does. It follows a wall clock that is a
// little ahead. One that is further ahead is not believed until it has held for an hour or an
// operator accepts it, because following it can't be undone; the same holds for many small steps.
// It never follows a wall clock that is behind.

package import EpochPage
internal import Platform
internal import Synchronization

/// The clock of one daemon. Any thread reads it, without a lock; one thread follows the wall clock,
/// and the writer accepts it.
package final class LedgerClock: Sendable {
  /// A wall clock that is further ahead is not believed.
  package static let believedNanoseconds: Int64 = 300_000_000_000
  /// For how long one that is not believed has to hold.
  package static let holdingNanoseconds: Int64 = 3_600_000_000_000
  /// What is followed at all; two clocks can't be read at once.
  static let noticedNanoseconds: Int64 = 1_000_000

  /// What the ledger's time is ahead of CLOCK_BOOTTIME. It only grows.
  private let offset: Atomic<Int64>
  /// Since which of its times the clock has run without a gap, while the length of the gap before
  /// is not known; `never` once it is.
  private let countedSince: Atomic<Int64>
  /// What is known of the wall clock, which only looks at it need.
  private let known: Guarded<(steps: FollowedSteps, doubt: WallClockDoubt.Held?)>
  /// Whether it was reported that the wall clock is ahead.
  private let isNoticed = Atomic<Bool>(false)
  private let notice: @Sendable () -> Void
  /// Where clients that keep answers see it; nil for nowhere.
  private let epochs: EpochPage?

  static let never = Int64.max

  /// Starts the clock.
  ///
  /// - Parameters:
  ///   - start: where.
  ///   - epochs: the page that shows the clock to clients.
  ///   - notice: called on any thread, once, when the wall clock is seen ahead; may not wait.
  package init(
    _ start: ClockStart, epochs: EpochPage? = nil, notice: @escaping @Sendable () -> Void = {}
  ) {
    self.epochs = epochs
    epochs?.raiseClock(toOffsetNanoseconds: start.offsetNanoseconds)
    offset = Atomic(start.offsetNanoseconds)
    countedSince = Atomic(start.countedSinceNanoseconds)
    known = Guarded((start.steps, start.doubt))
    self.notice = notice
  }

  /// The time. Two looks at clocks, and no system call.
  package func read() -> LedgerTime {
    // In this order: what comes in between makes the wall clock look late, which is harmless.
    let wall = Clock.wallNanoseconds()
    return time(wallNanoseconds: wall, bootNanoseconds: Clock.bootNanoseconds())
  }

  /// The time, and what the wall clock says. Takes a short lock.
  package func reading() -> ClockReading {
    let wall = Clock.wallNanoseconds()
    return reading(wallNanoseconds: wall, bootNanoseconds: Clock.bootNanoseconds())
  }

  func reading(wallNanoseconds wall: Int64, bootNanoseconds boot: Int64) -> ClockReading {
    let (steps, doubt) = known.withLock { $0 }
    return ClockReading(
      time: time(wallNanoseconds: wall, bootNanoseconds: boot), wallNanoseconds: wall,
      bootNanoseconds: boot, steps: steps, doubt: doubt)
  }

  func time(wallNanoseconds wall: Int64, bootNanoseconds boot: Int64) -> LedgerTime {
    // Before the offset, which was raised before this was set.
    let since = countedSince.load(ordering: .acquiring)
    let now = boot + offset.load(ordering: .acquiring)
    if wall - now > Self.noticedNanoseconds, !isNoticed.load(ordering: .relaxed) { tell() }
    if since == Self.never { return LedgerTime(nanoseconds: now) }
    return LedgerTime(
      nanoseconds: now, latestNanoseconds: wall, countedSinceNanoseconds: since)
  }

  private func tell() {
    if !isNoticed.exchange(true, ordering: .relaxed) { notice() }
  }
}

extension LedgerClock {
  /// The wall clock is not ahead any more: the next time it is, `notice` is called again.
  package func forgetNotice() { isNoticed.store(false, ordering: .relaxed) }

  /// Moves the clock on, to what the wall clock said at a reading. A clock that is there already
  /// stays as it is. What was not known about a gap before is known by this.
  package func follow(_ reading: ClockReading) {
    known.withLock { $0.steps = reading.stepsAfterFollowing }
    raise(toOffset: reading.wallNanoseconds - reading.bootNanoseconds)
    settle()
  }

  /// Moves the clock on to a time that has passed by another clock, unless that is further ahead
  /// than a wall clock would be believed.
  package func catchUp(toNanoseconds time: Int64) {
    let boot = Clock.bootNanoseconds()
    let ahead = time - boot - offset.load(ordering: .relaxed)
    guard ahead > 0, ahead <= Self.believedNanoseconds else { return }
    raise(toOffset: time - boot)
  }

  /// As `follow`, because an operator says so; the watch hears of it.
  package func accept(_ reading: ClockReading) {
    follow(reading)
    notice()
  }

  /// The gap before the start was none: the wall clock agrees.
  package func settle() { countedSince.store(Self.never, ordering: .releasing) }

  /// Says which wall clock is not believed; nil: it is.
  package func noteDoubt(_ doubt: WallClockDoubt.Held?) { known.withLock { $0.doubt = doubt } }

  private func raise(toOffset raised: Int64) {
    // First: no answer may show a time that a client does not see yet.
    epochs?.raiseClock(toOffsetNanoseconds: raised)
    var present = offset.load(ordering: .relaxed)
    while present < raised {
      let outcome = offset.compareExchange(
        expected: present, desired: raised, ordering: .acquiringAndReleasing)
      if outcome.exchanged { return }
      present = outcome.original
    }
  }
}
