internal import EventLoop

/// Hands over what a worker has counted, every now and then.
final class UsageTimer: TimerHandler {
  private unowned let worker: Worker

  init(_ worker: Worker) { self.worker = worker }

  func schedule() {
    guard worker.limits.usageKeys > 0 else { return }
    worker.loop.schedule(
      afterNanoseconds: worker.limits.usageIntervalNanoseconds, self, token: 0)
  }

  func timerFired(token: UInt64) {
    worker.handOverUses()
    schedule()
  }
}
