internal import EventLoop
internal import Server
internal import Testing

/// The sign of life is given for all parts, or not at all.
@Suite struct WatchdogTests {
  @Test func onePartThatHangsIsEnough() throws {
    let loop = try EventLoop()
    var asked = 0
    var held: [@Sendable () -> Void] = []
    var signs = 0
    let watchdog = try Watchdog(
      [
        ("lively", { answer in answer() }),
        ("hanging", { answer in held.append(answer) }),
        (
          "counted",
          { answer in
            asked += 1
            answer()
          }
        ),
      ], on: loop, periodNanoseconds: 2_000_000, log: try Log(level: .error, format: .text),
      alive: { signs += 1 })
    while held.isEmpty { try loop.turn(timeoutNanoseconds: nil) }
    // More than one period of two turns each.
    for _ in 0..<10 { try loop.turn(timeoutNanoseconds: nil) }
    #expect(signs == 0)
    #expect(asked == 1, "no thread is asked again while one has not answered")

    held.removeLast()()
    while signs == 0 { try loop.turn(timeoutNanoseconds: nil) }
    #expect(signs == 1)
    while held.isEmpty { try loop.turn(timeoutNanoseconds: nil) }
    #expect(asked == 2, "the next round follows")
    #expect(signs == 1)
    withExtendedLifetime(watchdog) {}
  }
}
