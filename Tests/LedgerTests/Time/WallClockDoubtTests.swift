internal import TestSupport
import Testing

@testable import Ledger

/// When a wall clock that is ahead is followed.
@Suite struct WallClockDoubtTests {
  private static let second: Int64 = 1_000_000_000
  private static let hour = 3600 * second
  private static let base: Int64 = 1_790_000_000 * second

  /// A wall clock that is ahead at a time of the boot clock.
  private static func reading(
    ahead: Int64, at boot: Int64, hasGap: Bool = false, _ steps: FollowedSteps = FollowedSteps()
  ) -> ClockReading {
    let now = base + boot
    let time =
      hasGap
      ? LedgerTime(
        nanoseconds: now, latestNanoseconds: now + ahead, countedSinceNanoseconds: base)
      : LedgerTime(nanoseconds: now)
    return ClockReading(
      time: time, wallNanoseconds: now + ahead, bootNanoseconds: boot, steps: steps)
  }

  @Test func followsALittleAndIgnoresWhatIsBehind() {
    var doubt = WallClockDoubt()
    #expect(
      doubt.look(Self.reading(ahead: 299 * Self.second, at: 1), isSynchronized: false) == .follow)
    for ahead in [0, LedgerClock.noticedNanoseconds, -Self.hour] {
      #expect(doubt.look(Self.reading(ahead: ahead, at: 2), isSynchronized: false) == .nothing)
    }
    #expect(doubt.held == nil)
  }

  @Test func believesWhatHasHeldForAnHour() {
    var doubt = WallClockDoubt()
    func look(_ ahead: Int64, at boot: Int64) -> WallClockDoubt.Outcome {
      doubt.look(Self.reading(ahead: ahead, at: boot), isSynchronized: true)
    }
    #expect(look(Self.hour, at: 0) == .doubt)
    #expect(doubt.held?.sinceNanoseconds == 0)
    #expect(look(Self.hour, at: Self.hour - 1) == .nothing)
    #expect(look(Self.hour, at: Self.hour) == .believe(.held))
    #expect(doubt.held == nil)
  }

  /// One that moves meanwhile begins anew, and one that comes back ends the doubt.
  @Test func beginsAnewWithEveryJump() {
    var doubt = WallClockDoubt()
    func look(_ ahead: Int64, at boot: Int64) -> WallClockDoubt.Outcome {
      doubt.look(Self.reading(ahead: ahead, at: boot), isSynchronized: false)
    }
    #expect(look(Self.hour, at: 0) == .doubt)
    #expect(look(2 * Self.hour, at: Self.hour - 1) == .nothing)
    #expect(look(2 * Self.hour, at: Self.hour) == .nothing)
    #expect(look(Self.hour, at: 2 * Self.hour - 2) == .nothing)
    #expect(look(Self.hour, at: 3 * Self.hour - 3) == .nothing)
    #expect(look(0, at: 3 * Self.hour - 2) == .ended)
    #expect(look(Self.hour, at: 3 * Self.hour - 1) == .doubt)
    #expect(look(Self.hour, at: 4 * Self.hour - 1) == .believe(.held))
  }

  /// After an unknown gap the kernel's word counts, and a wall clock that agrees settles it.
  @Test func settlesAnUnknownGap() {
    var doubt = WallClockDoubt()
    func look(_ ahead: Int64, isSynchronized: Bool = false) -> WallClockDoubt.Outcome {
      doubt.look(Self.reading(ahead: ahead, at: 1, hasGap: true), isSynchronized: isSynchronized)
    }
    #expect(look(Self.hour) == .doubt)
    #expect(look(Self.hour, isSynchronized: true) == .believe(.synchronized))
    #expect(look(0) == .settle)
    #expect(look(-299 * Self.second) == .settle)
    // One that is far behind says nothing of the gap, unless it is right for certain.
    #expect(look(-Self.hour) == .nothing)
    #expect(look(-Self.hour, isSynchronized: true) == .settle)
  }

  /// A daemon that was started anew goes on from there, but for the time in between, and says again
  /// that it is not believed.
  @Test func goesOnWhereAnotherDaemonEnded() {
    let held = WallClockDoubt.Held(
      offsetNanoseconds: Self.base + Self.hour, sinceNanoseconds: 10 * Self.second)
    var doubt = WallClockDoubt(held)
    func look(_ ahead: Int64, at boot: Int64) -> WallClockDoubt.Outcome {
      doubt.look(Self.reading(ahead: ahead, at: boot), isSynchronized: false)
    }
    #expect(look(Self.hour, at: Self.hour) == .doubt)
    #expect(look(Self.hour, at: Self.hour + 9 * Self.second) == .nothing)
    #expect(look(Self.hour, at: Self.hour + 10 * Self.second) == .believe(.held))
    // One that stands elsewhere meanwhile has not held.
    doubt = WallClockDoubt(held)
    #expect(look(2 * Self.hour, at: Self.hour) == .doubt)
    #expect(look(2 * Self.hour, at: Self.hour + 10 * Self.second) == .nothing)
  }

  /// Small steps are followed for five minutes within an hour, and what is more is not believed.
  @Test func followsNoMoreThanFiveMinutesInAnHour() {
    var steps = FollowedSteps()
    var doubt = WallClockDoubt()
    func look(_ ahead: Int64, at boot: Int64) -> WallClockDoubt.Outcome {
      let reading = Self.reading(ahead: ahead, at: boot, steps)
      let outcome = doubt.look(reading, isSynchronized: false)
      if outcome == .follow { steps = reading.stepsAfterFollowing }
      return outcome
    }
    #expect(look(200 * Self.second, at: Self.second) == .follow)
    #expect(look(100 * Self.second, at: 2 * Self.second) == .follow)
    #expect(look(Self.second, at: 3 * Self.second) == .doubt)
    #expect(look(Self.second, at: Self.hour) == .nothing)
    #expect(look(0, at: Self.hour + Self.second) == .ended)
    // The second hour still has what the first one took, the third one has not.
    #expect(look(Self.second, at: 2 * Self.hour - 1) == .doubt)
    #expect(look(Self.second, at: 2 * Self.hour) == .ended)
    #expect(look(Self.second, at: 2 * Self.hour) == .follow)
    #expect(look(300 * Self.second, at: 2 * Self.hour) == .doubt)
  }

  /// Of many seeded steps, in no hour more than five minutes; and small ones are followed at last.
  @Test func countsEveryHour() {
    var random = SplitMix64(seed: 3)
    var steps = FollowedSteps()
    var taken: [(boot: Int64, amount: Int64)] = []
    var boot: Int64 = 5 * Self.second
    for _ in 0..<20_000 {
      boot += Int64.random(in: 0...600, using: &random) * Self.second
      let amount = Int64.random(in: 1...200, using: &random) * Self.second
      guard amount <= steps.room(bootNanoseconds: boot) else { continue }
      steps.take(amount, bootNanoseconds: boot)
      taken.append((boot, amount))
      let hour = taken.suffix(300).filter { $0.boot > boot - Self.hour }.map(\.amount)
      #expect(hour.reduce(0, +) <= 300 * Self.second)
    }
    #expect(taken.count > 1000)
    // Nor does a restart of the machine, whose clock begins anew, prevent it.
    #expect(steps.room(bootNanoseconds: 1) == 300 * Self.second)
  }
}
