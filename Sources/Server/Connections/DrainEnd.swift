internal import EventLoop

/// Ends a worker's drain when its time is up.
final class DrainEnd: TimerHandler {
  private let worker: Worker

  init(_ worker: Worker) { self.worker = worker }

  func timerFired(token: UInt64) { worker.endDrain() }
}
