internal import EventLoop

/// Looks for connections that are idle or stalled, twice in the time that one may be. Where there
/// are many, each turn of the worker closes some.
final class Sweep: TimerHandler {
  private unowned let worker: Worker
  private let periodNanoseconds: Int64?

  init(_ worker: Worker) {
    self.worker = worker
    let limits = [worker.limits.idleNanoseconds, worker.limits.stallNanoseconds]
    periodNanoseconds = limits.filter { $0 > 0 }.min().map { $0 / 2 }
  }

  func schedule() {
    guard let periodNanoseconds else { return }
    worker.loop.schedule(afterNanoseconds: periodNanoseconds, self, token: 0)
  }

  func timerFired(token: UInt64) {
    if worker.sweep() { return schedule() }
    worker.loop.schedule(afterNanoseconds: 0, self, token: 0)
  }
}
