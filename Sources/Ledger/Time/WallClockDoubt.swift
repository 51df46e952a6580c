/// Follows a wall clock that is looked at again and again: which of its times to take over, and
/// when one that was not believed has held for long enough.
package struct WallClockDoubt: Sendable {
  /// What a look at the wall clock means.
  package enum Outcome: Sendable, Equatable {
    /// It says nothing new.
    case nothing
    /// It is ahead by little: take it over.
    case follow
    /// It agrees with the ledger's time, so that the gap before the start was none.
    case settle
    /// From now on it is not believed.
    case doubt
    /// It was not believed, and is to be taken over now.
    case believe(Reason)
    /// It was not believed, and is not ahead by much any more.
    case ended
  }

  /// Why a wall clock is believed after all.
  package enum Reason: String, Sendable {
    case held = "it has held for an hour"
    case synchronized = "the kernel says that it is synchronized"
  }

  /// A clock that has moved by more in between has not held.
  private static let steadyNanoseconds: Int64 = 10_000_000_000

  /// A wall clock that is not believed.
  package struct Held: Sendable, Equatable {
    /// What it is ahead of CLOCK_BOOTTIME.
    package let offsetNanoseconds: Int64
    /// Since when it has held, by CLOCK_BOOTTIME; never 0.
    package let sinceNanoseconds: Int64

    package init(offsetNanoseconds: Int64, sinceNanoseconds: Int64) {
      self.offsetNanoseconds = offsetNanoseconds
      self.sinceNanoseconds = sinceNanoseconds
    }

    /// With less time in which it has held.
    func later(by nanoseconds: Int64) -> Held {
      Held(
        offsetNanoseconds: offsetNanoseconds, sinceNanoseconds: sinceNanoseconds + nanoseconds)
    }
  }

  /// The wall clock that is not believed; nil if it is.
  package private(set) var held: Held?
  /// Whether that was reported.
  private var isTold = false

  /// Goes on from what another daemon has seen; that it is not believed is told again.
  package init(_ held: Held? = nil) { self.held = held }

  /// Looks at the clocks.
  ///
  /// - Parameters:
  ///   - reading: as they are.
  ///   - isSynchronized: whether the kernel says that the wall clock is synchronized, which counts
  ///     only while it isn't known how long the machine was off.
  /// - Returns: what they mean, to be acted on before the next look.
  package mutating func look(_ reading: ClockReading, isSynchronized: Bool) -> Outcome {
    guard reading.isDoubted else {
      if end() { return .ended }
      if reading.aheadNanoseconds > LedgerClock.noticedNanoseconds { return .follow }
      let isNear = reading.aheadNanoseconds >= -LedgerClock.believedNanoseconds
      return reading.hasUnknownGap && (isNear || isSynchronized) ? .settle : .nothing
    }
    if reading.hasUnknownGap, isSynchronized {
      end()
      return .believe(.synchronized)
    }
    let offset = reading.wallNanoseconds - reading.bootNanoseconds
    let isSteady =
      held.map { abs(offset - $0.offsetNanoseconds) <= Self.steadyNanoseconds } ?? false
    if !isSteady {
      held = Held(offsetNanoseconds: offset, sinceNanoseconds: reading.bootNanoseconds)
    }
    guard isTold else {
      isTold = true
      return .doubt
    }
    let since = held?.sinceNanoseconds ?? reading.bootNanoseconds
    guard reading.bootNanoseconds - since >= LedgerClock.holdingNanoseconds else { return .nothing }
    end()
    return .believe(.held)
  }

  /// It is not in doubt any more; whether it was.
  @discardableResult
  private mutating func end() -> Bool {
    let was = held != nil
    (held, isTold) = (nil, false)
    return was
  }
}
