internal import EventLoop
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct TimerTests {
  @Test func firesInOrderOfDeadlineThenOfScheduling() {
    var queue = TimerQueue()
    let handler = RecordingHandler()
    for (deadline, token) in [(30, 1), (10, 2), (20, 3), (10, 4)] as [(Int64, UInt64)] {
      _ = queue.schedule(deadlineNanoseconds: deadline, handler: handler, token: token)
    }
    #expect(nextDeadline(&queue) == 10)
    #expect(due(&queue, at: 9) == [])
    #expect(due(&queue, at: 20) == [2, 4, 3])
    #expect(due(&queue, at: 29) == [])
    #expect(due(&queue, at: 30) == [1])
    #expect(nextDeadline(&queue) == nil)
    #expect(queue.count == 0)
  }

  @Test func aCancelledTimerDoesNotFire() {
    var queue = TimerQueue()
    let handler = RecordingHandler()
    let first = queue.schedule(deadlineNanoseconds: 1, handler: handler, token: 1)
    _ = queue.schedule(deadlineNanoseconds: 2, handler: handler, token: 2)
    #expect(cancel(first, in: &queue))
    #expect(!cancel(first, in: &queue))
    // The slot is reused; the old name must not reach the new timer.
    let third = queue.schedule(deadlineNanoseconds: 3, handler: handler, token: 3)
    #expect(third != first)
    #expect(!cancel(first, in: &queue))
    #expect(nextDeadline(&queue) == 2)
    #expect(due(&queue, at: 5) == [2, 3])
    #expect(!cancel(third, in: &queue))
  }

  @Test func cancelledTimersDoNotPileUp() {
    var queue = TimerQueue()
    let handler = RecordingHandler()
    let kept = queue.schedule(deadlineNanoseconds: 1_000_000, handler: handler, token: 0)
    for round in 0..<10_000 as Range<Int64> {
      let id = queue.schedule(deadlineNanoseconds: 2_000_000 + round, handler: handler, token: 1)
      #expect(cancel(id, in: &queue))
    }
    #expect(queue.count == 1)
    #expect(queue.heapCount <= 65)
    #expect(cancel(kept, in: &queue))
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func agreesWithASortedList(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var queue = TimerQueue()
    var model: [(deadline: Int64, token: UInt64, id: TimerID)] = []
    let handler = RecordingHandler()
    var now: Int64 = 0
    for step in 0..<5_000 as Range<UInt64> {
      switch UInt64.random(in: 0..<10, using: &random) {
      case 0..<5:
        let deadline = now + Int64.random(in: 0..<200, using: &random)
        let id = queue.schedule(deadlineNanoseconds: deadline, handler: handler, token: step)
        model.append((deadline, step, id))
      case 5..<9 where !model.isEmpty:
        let victim = model.remove(at: Int.random(in: 0..<model.count, using: &random))
        #expect(cancel(victim.id, in: &queue))
      default:
        now += Int64.random(in: 0..<20, using: &random)
        let expected = model.filter { $0.deadline <= now }
          .sorted { ($0.deadline, $0.token) < ($1.deadline, $1.token) }
        #expect(due(&queue, at: now) == expected.map(\.token))
        model.removeAll { $0.deadline <= now }
      }
      #expect(queue.count == model.count)
      #expect(nextDeadline(&queue) == model.map(\.deadline).min())
    }
  }

  @Test func theLoopFiresWhatIsDueInOrderAndNeverEarly() throws {
    let loop = try EventLoop()
    let handler = RecordingHandler()
    let begin = loop.now
    var fired: [Int64] = []
    handler.onTimer = { _ in
      fired.append(loop.now - begin)
      if loop.timerCount == 0 { loop.stop() }
    }
    let delays: [Int64] = [2_000_000, 300, 1_000_000, 0]
    for (token, delay) in delays.enumerated() {
      loop.schedule(afterNanoseconds: delay, handler, token: UInt64(token))
    }
    let cancelled = loop.schedule(afterNanoseconds: 500_000, handler, token: 99)
    #expect(loop.cancel(cancelled))
    try loop.run()
    #expect(handler.tokens == [3, 1, 2, 0])
    for (token, time) in zip(handler.tokens, fired) { #expect(time >= delays[Int(token)]) }
  }

  @Test func aTimerWithoutDelayDoesNotStarveTheLoop() throws {
    let loop = try EventLoop()
    let handler = RecordingHandler()
    handler.onTimer = { _ in loop.schedule(afterNanoseconds: -5, handler, token: 1) }
    loop.schedule(afterNanoseconds: 0, handler, token: 1)
    for _ in 0..<3 { try loop.turn(timeoutNanoseconds: nil) }
    #expect(handler.tokens.count == 3)
  }

  @Test func aHandlerMayCancelATimerThatIsDueToo() throws {
    let loop = try EventLoop()
    let handler = RecordingHandler()
    loop.schedule(afterNanoseconds: 0, handler, token: 1)
    let second = loop.schedule(afterNanoseconds: 0, handler, token: 2)
    handler.onTimer = { _ in loop.cancel(second) }
    try loop.turn(timeoutNanoseconds: 0)
    #expect(handler.tokens == [1])
  }

  @Test func aDelayBeyondTimeIsNever() throws {
    let loop = try EventLoop()
    let handler = RecordingHandler()
    loop.schedule(afterNanoseconds: .max, handler, token: 1)
    try loop.turn(timeoutNanoseconds: 0)
    #expect(handler.tokens == [])
    #expect(loop.timerCount == 1)
  }

  private func cancel(_ id: TimerID, in queue: inout TimerQueue) -> Bool { queue.cancel(id) }

  private func nextDeadline(_ queue: inout TimerQueue) -> Int64? { queue.nextDeadlineNanoseconds() }

  private func due(_ queue: inout TimerQueue, at now: Int64) -> [UInt64] {
    var tokens: [UInt64] = []
    while let due = queue.popDue(nowNanoseconds: now, before: queue.nextSequence) {
      tokens.append(due.token)
    }
    return tokens
  }
}
