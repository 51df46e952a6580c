internal import EventLoop
internal import Testing

@Suite struct LoopTimerTests {
  @Test func runsAgainForAsLongAsItsActionSays() throws {
    let loop = try EventLoop()
    var runs = 0
    let timer = LoopTimer(on: loop) {
      runs += 1
      return runs < 3 ? 0 : nil
    }
    #expect(!timer.isScheduled)
    timer.schedule(afterNanoseconds: 0)
    // Scheduled once, whatever is asked again.
    timer.schedule(afterNanoseconds: 0)
    #expect(timer.isScheduled)
    #expect(loop.timerCount == 1)
    while timer.isScheduled { try loop.turn(timeoutNanoseconds: nil) }
    #expect(runs == 3)
    #expect(loop.timerCount == 0)
    timer.schedule(afterNanoseconds: 0)
    try loop.turn(timeoutNanoseconds: nil)
    #expect(runs == 4)
  }

  @Test func doesNotRunOnceItIsCancelled() throws {
    let loop = try EventLoop()
    var runs = 0
    let timer = LoopTimer(on: loop) {
      runs += 1
      return nil
    }
    timer.schedule(afterNanoseconds: 0)
    timer.cancel()
    #expect(!timer.isScheduled)
    try loop.turn(timeoutNanoseconds: 0)
    #expect(runs == 0)
    timer.schedule(afterNanoseconds: 0)
    try loop.turn(timeoutNanoseconds: nil)
    #expect(runs == 1)
  }

  /// The loop holds on to it.
  @Test func repeatsAnActionThatNothingElseHolds() throws {
    let loop = try EventLoop()
    var runs = 0
    LoopTimer.every(nanoseconds: 1_000, on: loop) { runs += 1 }
    while runs < 3 { try loop.turn(timeoutNanoseconds: nil) }
    #expect(loop.timerCount == 1)
  }
}
