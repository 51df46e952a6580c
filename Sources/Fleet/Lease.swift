/// Until when a member may answer, and what it means for the others.
///
/// A lease counts from before the request was sent: what the answer shows is at least as new. It is
/// told only after all rows of that answer were applied and are seen by readers.
package struct Lease: Sendable {
  /// When it ends, by the host's clock; `Int64.min` for none.
  package private(set) var endNanoseconds: Int64
  /// What the last answer allows once everything up to a revision is applied.
  private var promised: (endNanoseconds: Int64, revision: UInt64)?

  init(endNanoseconds: Int64?) { self.endNanoseconds = endNanoseconds ?? .min }

  /// How long the lease of another member surely lasts at most, by the clock of a host that waits
  /// for its end: that clock may be slewed and so run 10 % too fast, crystals differ by much less
  /// than the rest, and two more seconds are a margin.
  package static func surelyOverNanoseconds(_ leaseNanoseconds: Int64) -> Int64 {
    leaseNanoseconds / 8 * 9 + 2_000_000_000
  }

  func isOver(at now: Int64) -> Bool { now >= endNanoseconds }

  /// Keeps what an answer allows. An answer that came later than one lease after
  /// it was asked for allows nothing.
  mutating func promise(
    untilNanoseconds end: Int64, onceApplied revision: UInt64, at now: Int64
  ) {
    guard end > now, end > endNanoseconds else { return }
    promised = (end, revision)
  }

  /// Takes over what was promised, if everything is applied; whether the end has changed.
  mutating func grant(applied revision: UInt64) -> Bool {
    guard let promised, promised.revision <= revision else { return false }
    self.promised = nil
    endNanoseconds = max(endNanoseconds, promised.endNanoseconds)
    return true
  }

  /// Ends it at once.
  mutating func end() {
    promised = nil
    endNanoseconds = .min
  }
}
