internal import EventLoop

/// Looks for idle connections twice in the time that one may be idle.
final class IdleSweep: TimerHandler {
  private unowned let worker: Worker
  private let limitNanoseconds: Int64

  init(_ worker: Worker, _ limitNanoseconds: Int64) {
    self.worker = worker
    self.limitNanoseconds = limitNanoseconds
  }

  func schedule() {
    worker.loop.schedule(afterNanoseconds: limitNanoseconds / 2, self, token: 0)
  }

  func timerFired(token: UInt64) {
    worker.closeIdle(since: worker.loop.now - limitNanoseconds)
    schedule()
  }
}
