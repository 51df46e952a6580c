/// A loop's timer with one action, which decides whether and when to run again.
///
/// The loop retains it while it is scheduled.
package final class LoopTimer: TimerHandler {
  private unowned let loop: EventLoop
  private let action: () -> Int64?
  private var timer: TimerID?

  /// Makes a timer that isn't scheduled.
  ///
  /// - Parameters:
  ///   - loop: the loop whose thread runs the action.
  ///   - action: returns the nanoseconds until its next run, or nil to stop.
  package init(on loop: EventLoop, _ action: @escaping () -> Int64?) {
    self.loop = loop
    self.action = action
  }

  /// Runs an action repeatedly, first after one interval.
  @discardableResult
  package static func every(
    nanoseconds: Int64, on loop: EventLoop, _ action: @escaping () -> Void
  ) -> LoopTimer {
    let timer = LoopTimer(on: loop) {
      action()
      return nanoseconds
    }
    timer.schedule(afterNanoseconds: nanoseconds)
    return timer
  }

  /// Whether the action is scheduled to run.
  package var isScheduled: Bool { timer != nil }

  /// Schedules the action after a delay, unless it is already scheduled.
  package func schedule(afterNanoseconds nanoseconds: Int64) {
    guard timer == nil else { return }
    timer = loop.schedule(afterNanoseconds: nanoseconds, self, token: 0)
  }

  /// Cancels the scheduled run.
  package func cancel() {
    if let timer = timer.take() { loop.cancel(timer) }
  }

  package func timerFired(token: UInt64) {
    timer = nil
    if let pause = action() { schedule(afterNanoseconds: pause) }
  }
}
