internal import EventLoop

/// Notes what it is told, then does what the test says.
final class RecordingHandler: EventHandler, TimerHandler {
  private(set) var readiness: [Readiness] = []
  private(set) var tokens: [UInt64] = []
  var onReady: () -> Void = {}
  var onTimer: (UInt64) -> Void = { _ in }

  func ready(_ readiness: Readiness) {
    self.readiness.append(readiness)
    onReady()
  }

  func timerFired(token: UInt64) {
    tokens.append(token)
    onTimer(token)
  }
}
