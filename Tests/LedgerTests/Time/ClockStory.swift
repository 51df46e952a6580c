@testable import Ledger
internal import TestSupport

/// A machine with a wall clock that may be set, and a daemon on it that is killed, ended and
/// started again: what its clock shows is compared with the time that has really passed.
struct ClockStory {
  private static let second: Int64 = 1_000_000_000
  /// Real time, what the wall clock is ahead of it, and CLOCK_BOOTTIME.
  private var real: Int64 = 1_790_000_000 * second
  private var wallError: Int64 = 0
  private var boot: Int64 = 5 * second
  private var bootID: [UInt8] = Array(1...16)
  private var head: Int64?
  private var note: ClockNote?
  private var clock: LedgerClock
  private var doubt = WallClockDoubt()
  private var last: Int64
  /// What was followed by small steps in this boot, and when.
  private var followed: [(real: Int64, nanoseconds: Int64)] = []
  private(set) var problems: [String] = []
  private(set) var restarts = 0

  init() {
    let now = ClockSituation(
      wallNanoseconds: real, bootNanoseconds: boot, bootID: Array(1...16), isSynchronized: false)
    clock = LedgerClock(ClockStart(headNanoseconds: nil, note: nil, now: now))
    last = real
    look()
  }

  private var wall: Int64 { real + wallError }

  private var reading: ClockReading {
    clock.reading(wallNanoseconds: wall, bootNanoseconds: boot)
  }

  mutating func step(_ random: inout SplitMix64) {
    switch Int.random(in: 0..<12, using: &random) {
    case 0: wallError += Self.steps.randomElement(using: &random) ?? 0
    case 1: wallError = 0
    case 2: restart(isKilled: Bool.random(using: &random), &random)
    case 3: reboot(&random)
    case 4: head = now()
    case 5: pass(Int64.random(in: 0...8 * 3600, using: &random) * Self.second)
    default: pass(Int64.random(in: 0...9 * Self.second, using: &random))
    }
    _ = now()
  }

  private static let steps: [Int64] =
    [-31_536_000, -3600, -30, -1, 1, 30, 240, 299, 301, 3600, 86_400, 31_536_000]
    .map { $0 * second }

  /// Time passes while the daemon runs, with the looks of its watch.
  private mutating func pass(_ nanoseconds: Int64) {
    var rest = nanoseconds
    while rest > 0 {
      // As many looks as there are in reality would take too long.
      let period = max(10 * Self.second, nanoseconds / 12)
      let part = min(rest, period)
      let before = now()
      real += part
      boot += part
      rest -= part
      if now() < before + part { problems.append("it stood still") }
      look()
    }
  }

  /// What the watch does.
  private mutating func look() {
    note = ClockNote(reading, bootID: bootID)
    for _ in 0..<3 {
      let reading = reading
      let outcome = doubt.look(reading, isSynchronized: false)
      clock.noteDoubt(doubt.held)
      switch outcome {
      case .nothing: return
      case .follow, .believe:
        if outcome == .follow { follow(reading.aheadNanoseconds) }
        note = ClockNote(following: reading, bootID: bootID)
        clock.follow(reading)
      case .settle: clock.settle()
      case .doubt, .ended: break
      }
      note = ClockNote(self.reading, bootID: bootID)
    }
  }

  /// Within an hour no more than five minutes are followed, but for what a boot may hide.
  private mutating func follow(_ nanoseconds: Int64) {
    followed.append((real, nanoseconds))
    let hour = followed.suffix(100).filter { $0.real > real - 3600 * Self.second }
    if hour.map(\.nanoseconds).reduce(0, +) > 300 * Self.second {
      problems.append("it followed too much")
    }
  }

  private mutating func now() -> Int64 {
    let time = reading.time
    if time.nanoseconds < last { problems.append("it went back") }
    last = time.nanoseconds
    return time.nanoseconds
  }

  private mutating func restart(isKilled: Bool, _ random: inout SplitMix64) {
    if !isKilled { note = ClockNote(reading, bootID: bootID) }
    let gap = Int64.random(in: 0...100 * Self.second, using: &random)
    real += gap
    boot += gap
    if Bool.random(using: &random) {
      wallError += Self.steps.randomElement(using: &random) ?? 0
    }
    start()
  }

  private mutating func reboot(_ random: inout SplitMix64) {
    real += Int64.random(in: 0...3 * 86_400, using: &random) * Self.second
    boot = Int64.random(in: 1...9, using: &random) * Self.second
    followed = []
    for index in bootID.indices { bootID[index] = .random(in: 1...255, using: &random) }
    start()
  }

  private mutating func start() {
    restarts += 1
    let now = ClockSituation(
      wallNanoseconds: wall, bootNanoseconds: boot, bootID: bootID, isSynchronized: false)
    var expected: Int64?
    if let note, note.isOfBoot(bootID) {
      expected = note.nanoseconds + boot - note.bootNanoseconds
    }
    let start = ClockStart(headNanoseconds: head, note: note, now: now)
    clock = LedgerClock(start)
    let skipped = clock.time(wallNanoseconds: wall, bootNanoseconds: boot).nanoseconds
    if let expected, skipped > max(expected, head ?? .min) {
      follow(skipped - max(expected, head ?? .min))
    }
    doubt = WallClockDoubt(start.doubt)
    look()
  }
}
