internal import EventLoop

/// Hands over what a worker has denied, a second after the first of it: however many attempts there
/// are, the writer gets one table a second.
final class DenialTimer: TimerHandler {
  private unowned let worker: Worker
  private var isScheduled = false

  init(_ worker: Worker) { self.worker = worker }

  func schedule() {
    guard !isScheduled else { return }
    isScheduled = true
    worker.loop.schedule(afterNanoseconds: 1_000_000_000, self, token: 0)
  }

  func timerFired(token: UInt64) {
    isScheduled = false
    worker.handOverDenials()
  }
}
