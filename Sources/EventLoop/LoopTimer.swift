/// A timer of a loop with one purpose, which runs again for as long as its action says.
///
/// The loop holds on to it while it is scheduled.
package final class LoopTimer: TimerHandler {
  private unowned let loop: EventLoop
  private let action: () -> Int64?
  private var timer: TimerID?

  /// Makes a timer that isn't scheduled.
  ///
  /// - Parameters:
  ///   - loop: whose thread runs the action.
  ///   - action: returns after how many nanoseconds it is to run again; nil for not by itself.
  package init(on loop: EventLoop, _ action: @escaping () -> Int64?) {
    self.loop = loop
    self.action = action
  }

  /// Runs an action again and again, first after the interval.
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

  /// Whether the action is going to run.
  package var isScheduled: Bool { timer != nil }

  /// Lets the action run after a time, unless it is going to run anyway.
  package func schedule(afterNanoseconds nanoseconds: Int64) {
    guard timer == nil else { return }
    timer = loop.schedule(afterNanoseconds: nanoseconds, self, token: 0)
  }

  /// Takes that back.
  package func cancel() {
    if let timer = timer.take() { loop.cancel(timer) }
  }

  package func timerFired(token: UInt64) {
    timer = nil
    if let pause = action() { schedule(afterNanoseconds: pause) }
  }
}
