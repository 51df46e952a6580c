internal import TestSupport
import Testing

@testable import Ledger

/// The ledger's clock against clocks that are given by hand.
@Suite struct LedgerClockTests {
  static let second: Int64 = 1_000_000_000
  static let hour = 3600 * second
  static let day = 24 * hour
  static let year = 365 * day
  /// Some time in 2026.
  static let start: Int64 = 1_790_000_000 * second
  static let boot: [UInt8] = Array(1...16)
  static let otherBoot: [UInt8] = Array(2...17)

  static func situation(
    wall: Int64, boot nanoseconds: Int64, id: [UInt8] = boot, isSynchronized: Bool = false
  ) -> ClockSituation {
    ClockSituation(
      wallNanoseconds: wall, bootNanoseconds: nanoseconds, bootID: id,
      isSynchronized: isSynchronized)
  }

  static func note(
    _ nanoseconds: Int64, boot: Int64, id: [UInt8] = Self.boot, countedSince: Int64 = .max
  ) -> ClockNote {
    ClockNote(
      nanoseconds: nanoseconds, bootNanoseconds: boot, bootID: id,
      countedSinceNanoseconds: countedSince)
  }

  /// The time right behind a start.
  static func time(
    head: Int64?, _ note: ClockNote?, _ now: ClockSituation
  ) -> LedgerTime {
    LedgerClock(ClockStart(headNanoseconds: head, note: note, now: now))
      .time(wallNanoseconds: now.wallNanoseconds, bootNanoseconds: now.bootNanoseconds)
  }

  @Test func anEmptyLedgerTakesTheWallClockAsItIs() {
    for wall in [Self.start, Self.start + 30 * Self.year, 5] {
      let time = Self.time(head: nil, nil, Self.situation(wall: wall, boot: 77))
      #expect(time == LedgerTime(nanoseconds: wall))
    }
  }

  @Test func runsWithTheBootClockWhateverTheWallClockDoes() {
    let clock = LedgerClock(ClockStart(nanoseconds: Self.start, bootNanoseconds: 1000))
    for wall in [0, Self.start, Self.start + Self.year, Self.start - Self.hour] {
      #expect(
        clock.time(wallNanoseconds: wall, bootNanoseconds: 1000 + Self.second)
          == LedgerTime(nanoseconds: Self.start + Self.second))
    }
  }

  /// In one boot the time between two daemons counts, to the nanosecond.
  @Test(arguments: [0, 5, 3 * day, 400 * day])
  func countsTheTimeInWhichNoDaemonRan(elapsed: Int64) {
    let note = Self.note(Self.start, boot: 500)
    for wall in [0, Self.start + elapsed, Self.start + elapsed + Self.year] {
      let time = Self.time(
        head: Self.start - 5, note, Self.situation(wall: wall, boot: 500 + elapsed))
      #expect(time == LedgerTime(nanoseconds: Self.start + elapsed))
    }
  }

  @Test func neverStartsBeforeTheLog() {
    let note = Self.note(Self.start, boot: 500)
    let head = Self.start + 9 * Self.second
    let time = Self.time(head: head, note, Self.situation(wall: 0, boot: 501))
    #expect(time.nanoseconds == head)
  }

  /// A wall clock that is ahead by little is followed from the start, by much it is not.
  @Test func followsAWallClockThatIsAheadByLittle() {
    let note = Self.note(Self.start, boot: 500)
    let limit = LedgerClock.believedNanoseconds
    let near = Self.time(head: nil, note, Self.situation(wall: Self.start + limit, boot: 500))
    #expect(near.nanoseconds == Self.start + limit)
    let far = Self.time(head: nil, note, Self.situation(wall: Self.start + limit + 1, boot: 500))
    #expect(far == LedgerTime(nanoseconds: Self.start))
  }

  /// Over restarts too, no more than five minutes of small steps are followed within an hour.
  @Test func restartsFollowNoMoreThanFiveMinutes() {
    let (hour, minute) = (Self.hour, 60 * Self.second)
    var note = Self.note(Self.start, boot: hour)
    for round in 0..<9 as Range<Int64> {
      let boot = hour + round * Self.second
      let now = Self.situation(wall: Self.start + round * minute, boot: boot)
      let start = ClockStart(headNanoseconds: Self.start, note: note, now: now)
      let clock = LedgerClock(start)
      let reading = clock.reading(
        wallNanoseconds: now.wallNanoseconds, bootNanoseconds: now.bootNanoseconds)
      #expect(reading.isDoubted == (round > 5))
      #expect(reading.time.nanoseconds <= Self.start + 5 * minute + 9 * Self.second)
      note = ClockNote(reading, bootID: Self.boot)
    }
    // Once an hour is over, and another one.
    let later = Self.situation(
      wall: Self.start + 2 * hour + 8 * minute, boot: 3 * hour + 9 * Self.second)
    let time = Self.time(head: Self.start, note, later)
    #expect(time.nanoseconds == later.wallNanoseconds)
  }

  /// What has held before a restart counts, but for the time in which no daemon looked.
  @Test func aRestartDoesNotForgetADoubt() {
    let held = WallClockDoubt.Held(
      offsetNanoseconds: Self.start + Self.day, sinceNanoseconds: 100 * Self.second)
    let note = ClockNote(
      nanoseconds: Self.start, bootNanoseconds: 500 * Self.second, bootID: Self.boot, doubt: held)
    let now = Self.situation(wall: Self.start + Self.day, boot: 530 * Self.second)
    let start = ClockStart(headNanoseconds: nil, note: note, now: now)
    #expect(start.doubt?.sinceNanoseconds == 130 * Self.second)
    #expect(start.doubt?.offsetNanoseconds == held.offsetNanoseconds)
    let other = Self.situation(wall: Self.start, boot: 530 * Self.second, id: Self.otherBoot)
    #expect(ClockStart(headNanoseconds: nil, note: note, now: other).doubt == nil)
  }

  /// After another boot, or without a note, nothing tells for how long the machine was off.
  @Test(arguments: [hour, 3 * day, year])
  func judgesByBothClocksAfterAnUnknownGap(ahead: Int64) {
    let now = Self.situation(wall: Self.start + ahead, boot: 30, id: Self.otherBoot)
    let reserve = ClockStart.reserveNanoseconds
    for note in [Self.note(Self.start - reserve, boot: 1 << 50), nil] {
      let time = Self.time(head: Self.start, note, now)
      #expect(time.nanoseconds == Self.start)
      // What is from before lives no longer than either clock says.
      #expect(time.judging(madeAtNanoseconds: Self.start) == Self.start + ahead)
      // What is made from now on has been counted without a gap.
      #expect(time.judging(madeAtNanoseconds: Self.start + 1) == Self.start)
    }
    // A kernel that has a source of time settles it.
    let synchronized = Self.situation(
      wall: Self.start + ahead, boot: 30, id: Self.otherBoot, isSynchronized: true)
    #expect(
      Self.time(head: Self.start, nil, synchronized)
        == LedgerTime(nanoseconds: Self.start + ahead))
  }

  /// It does not settle a step within one boot.
  @Test func believesNoSynchronizedClockWhereTheGapIsKnown() {
    let now = Self.situation(wall: Self.start + Self.year, boot: 500, isSynchronized: true)
    #expect(
      Self.time(head: nil, Self.note(Self.start, boot: 500), now)
        == LedgerTime(nanoseconds: Self.start))
  }

  /// A machine that was switched off: the last seconds before were perhaps not noted.
  @Test func leavesRoomForWhatWasNotNoted() {
    let note = Self.note(Self.start, boot: 500)
    let time = Self.time(head: nil, note, Self.situation(wall: 0, boot: 5, id: Self.otherBoot))
    #expect(time.nanoseconds == Self.start + ClockStart.reserveNanoseconds)
  }

  @Test func aRestartDoesNotForgetAnUnknownGap() {
    let note = Self.note(Self.start, boot: 500, countedSince: Self.start - Self.day)
    let wall = Self.start + Self.year
    let time = Self.time(head: nil, note, Self.situation(wall: wall, boot: 501))
    #expect(time.nanoseconds == Self.start + 1)
    #expect(time.judging(madeAtNanoseconds: Self.start - Self.day) == wall)
    #expect(time.judging(madeAtNanoseconds: Self.start - Self.day + 1) == Self.start + 1)
  }

  @Test func anUnknownBootIsLikeNoOther() {
    let zeros = [UInt8](repeating: 0, count: 16)
    let now = Self.situation(wall: Self.start + Self.day, boot: 600, id: zeros)
    let time = Self.time(head: nil, Self.note(Self.start, boot: 500, id: zeros), now)
    #expect(time.countedSinceNanoseconds == time.nanoseconds)
  }

  /// Of many seeded stories: the time never goes back, over restarts and boots neither, it runs at
  /// least as fast as the boot clock, and never gets further ahead than what is believed.
  @Test(arguments: 1...20)
  func neverGoesBackAndNeverStandsStill(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var story = ClockStory()
    for _ in 0..<2000 { story.step(&random) }
    #expect(story.problems == [])
    #expect(story.restarts > 50)
  }

  /// Threads that read while one follows never see it go back.
  @Test func isMonotonicForEveryReader() {
    let clock = LedgerClock(ClockStart(headNanoseconds: nil, note: nil, now: .now()))
    var last = clock.read().nanoseconds
    for step in 0..<10_000 {
      if step % 100 == 0 {
        let now = clock.reading()
        clock.follow(
          ClockReading(
            time: now.time, wallNanoseconds: now.wallNanoseconds + Int64(step),
            bootNanoseconds: now.bootNanoseconds))
      }
      let next = clock.read().nanoseconds
      #expect(next >= last)
      last = next
    }
  }

  @Test func tellsOnceThatTheWallClockIsAhead() {
    let told = Counter()
    let clock = LedgerClock(ClockStart(nanoseconds: 0, bootNanoseconds: 0)) { told.add() }
    for _ in 0..<5 { _ = clock.time(wallNanoseconds: Self.hour, bootNanoseconds: 1) }
    #expect(told.count == 1)
    clock.forgetNotice()
    _ = clock.time(wallNanoseconds: Self.hour, bootNanoseconds: 1)
    #expect(told.count == 2)
    clock.forgetNotice()
    _ = clock.time(wallNanoseconds: LedgerClock.noticedNanoseconds, bootNanoseconds: 0)
    #expect(told.count == 2)
  }
}
