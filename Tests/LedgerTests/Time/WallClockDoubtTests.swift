import Testing

@testable import Ledger

/// When a wall clock that is ahead is followed.
@Suite struct WallClockDoubtTests {
  private static let second: Int64 = 1_000_000_000
  private static let hour = 3600 * second
  private static let base: Int64 = 1_790_000_000 * second

  /// A wall clock that is ahead at a time of the boot clock.
  private static func reading(ahead: Int64, at boot: Int64, hasGap: Bool = false) -> ClockReading {
    let now = base + boot
    let time =
      hasGap
      ? LedgerTime(
        nanoseconds: now, latestNanoseconds: now + ahead, countedSinceNanoseconds: base)
      : LedgerTime(nanoseconds: now)
    return ClockReading(
      time: time, wallNanoseconds: now + ahead, bootNanoseconds: boot,
      doubtedSinceNanoseconds: .max)
  }

  @Test func followsALittleAndIgnoresWhatIsBehind() {
    var doubt = WallClockDoubt()
    #expect(
      doubt.look(Self.reading(ahead: 299 * Self.second, at: 1), isSynchronized: false) == .follow)
    for ahead in [0, LedgerClock.noticedNanoseconds, -Self.hour] {
      #expect(doubt.look(Self.reading(ahead: ahead, at: 2), isSynchronized: false) == .nothing)
    }
    #expect(doubt.sinceBootNanoseconds == nil)
  }

  @Test func believesWhatHasHeldForAnHour() {
    var doubt = WallClockDoubt()
    func look(_ ahead: Int64, at boot: Int64) -> WallClockDoubt.Outcome {
      doubt.look(Self.reading(ahead: ahead, at: boot), isSynchronized: true)
    }
    #expect(look(Self.hour, at: 0) == .doubt)
    #expect(doubt.sinceBootNanoseconds == 0)
    #expect(look(Self.hour, at: Self.hour - 1) == .nothing)
    #expect(look(Self.hour, at: Self.hour) == .believe(.held))
    #expect(doubt.sinceBootNanoseconds == nil)
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
}
