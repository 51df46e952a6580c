internal import Platform

/// Admits at most 50 lines a second of each event, so that a flood of peers is no flood of lines.
package final class LogRateLimiter: Sendable {
  /// The most lines of one event in a second.
  package static let linesPerSecond = 50

  private struct Passed {
    var second: Int64
    var count = 0
    var suppressed = 0
  }

  /// By event. Events are the daemon's own words, so their number is bounded.
  private let passed = Guarded<[String: Passed]>([:])

  package init() {}

  /// How many lines of the event were held back since its last one, or nil to hold this one back.
  package func admit(_ event: String, second: Int64) -> Int? {
    passed.withLock { passed in
      var entry = passed[event] ?? Passed(second: second)
      defer { passed[event] = entry }
      if entry.second != second {
        entry.second = second
        entry.count = 0
      }
      guard entry.count < Self.linesPerSecond else {
        entry.suppressed += 1
        return nil
      }
      entry.count += 1
      defer { entry.suppressed = 0 }
      return entry.suppressed
    }
  }
}
