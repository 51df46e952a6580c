internal import EventLoop

/// Tells the writer to remove tokens that ended long ago: a batch at a time, with a pause in which
/// commands run, and the next round a minute after the last.
final class TokenSweep: TimerHandler {
  private unowned let loop: EventLoop
  private let periodNanoseconds: Int64
  /// Removes one batch; whether there is more.
  private let sweep: () -> Bool

  private static let longestPeriodNanoseconds: Int64 = 60_000_000_000
  private static let pauseNanoseconds: Int64 = 10_000_000

  /// Starts with the loop. No token is kept longer than twice the retention, nor than that and a
  /// minute.
  init(_ loop: EventLoop, retentionNanoseconds: Int64, sweep: @escaping () -> Bool) {
    self.loop = loop
    periodNanoseconds = min(retentionNanoseconds, Self.longestPeriodNanoseconds)
    self.sweep = sweep
    loop.schedule(afterNanoseconds: periodNanoseconds, self, token: 0)
  }

  func timerFired(token: UInt64) {
    let isThereMore = sweep()
    loop.schedule(
      afterNanoseconds: isThereMore ? Self.pauseNanoseconds : periodNanoseconds, self, token: 0)
  }
}
