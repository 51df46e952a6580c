internal import Glibc

extension ProcessSurroundings {
  var monotonicNanoseconds: Int64 {
    var time = timespec()
    // SAFETY: the call fills `time` and keeps no pointer.
    let result = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    precondition(result == 0, "the system has no such clock")
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  var screenSize: ScreenSize? {
    guard let kind = variable("TERM"), kind != "dumb" else { return nil }
    return LiveScreen.size
  }

  func takeScreen() { LiveScreen.take() }

  func leaveScreen() { LiveScreen.leave() }

  func wait(untilNanoseconds deadline: Int64) -> WaitOutcome {
    LiveScreen.wait(untilNanoseconds: deadline) { monotonicNanoseconds }
  }
}
