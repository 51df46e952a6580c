@testable internal import PosternClient
internal import Testing

/// How a cache counts uses until they are reported.
@Suite struct UseLogTests {
  /// What is in the slots is of one day, and is taken out before a use of the next.
  @Test func looksAtIntervalsAndAtMidnight() {
    let log = UseLog()
    var looks: [Int64] = []
    log.look = { looks.append($0) }
    let (second, midnight): (Int64, Int64) = (1_000_000_000, 86_400_000_000_000 * 5)
    let uses = [-20 * second, -15 * second, -9 * second, -1, 0, 1, 9 * second, 10 * second]
    for use in uses { log.begin(at: midnight + use) }
    #expect(looks.map { $0 - midnight } == [-20 * second, -9 * second, 0, 10 * second])
    log.forgetTime()
    log.begin(at: 5)
    #expect(looks.last == 5)
  }

  @Test func hasNoRoomForever() {
    var report = UseReport()
    for _ in 0..<16_383 {
      report.add(UseReport.Item(receipt: [1], count: 3, lastNanoseconds: 1))
    }
    #expect(report.lostCount == 0)
    // An item has a billion uses at most.
    report.add(UseReport.Item(receipt: [1], count: 2_500_000_000, lastNanoseconds: 1))
    #expect(report.lostCount == 1_500_000_000)
    report.add(UseReport.Item(receipt: [1], count: 7, lastNanoseconds: 1))
    #expect(report.lostCount == 1_500_000_007)
  }
}
