internal import Testing

@testable internal import PosternBench

/// Percentiles, and what a stall of a server does to them, on a clock that the test sets.
@Suite struct LatencyTests {
  @Test func percentileIsTheNearestRank() throws {
    let sorted = try #require(Latencies((1...1000).shuffled()).sorted)
    #expect(sorted.percentile(0) == 1)
    #expect(sorted.percentile(0.1) == 1)
    #expect(sorted.percentile(50) == 500)
    #expect(sorted.percentile(50.05) == 501)
    #expect(sorted.percentile(99) == 990)
    #expect(sorted.percentile(99.9) == 999)
    #expect(sorted.percentile(99.99) == 1000)
    #expect(sorted.percentile(100) == 1000)
    let one = try #require(Latencies([7]).sorted)
    for percent in [0, 50, 99.99, 100] { #expect(one.percentile(percent) == 7) }
    #expect(Latencies().sorted == nil)
  }

  /// 10,000 calls of 10 us, one of which takes 50 ms, with a call due every 100 us.
  @Test func correctionShowsTheCallsThatWereNotMade() throws {
    var latencies = Latencies(Array(repeating: 10_000, count: 9999))
    latencies.add(50_000_000)
    let plain = try #require(latencies.sorted)
    #expect(plain.percentile(99.9) == 10_000)
    let corrected = latencies.corrected(intervalNanoseconds: 100_000)
    // 49.9 ms, 49.8 ms ... 0.1 ms.
    #expect(corrected.count == 10_000 + 499)
    let sorted = try #require(corrected.sorted)
    #expect(sorted.percentile(50) == 10_000)
    // 10.5 of 10,499 calls took longer.
    #expect(sorted.percentile(99.9) == 49_000_000)
    #expect(latencies.corrected(intervalNanoseconds: 0).count == 10_000)
  }

  /// A server that answers a call after 10 us, and once stands for 50 ms. A client that asks when
  /// it is due sees that in its 99.9th percentile; one that waits for an answer first does not.
  @Test func stallShowsInAnOpenLoop() throws {
    var server = StallingServer()
    let rate = OpenRate(callsPerSecond: 10_000, seconds: 1, warmUpSeconds: 0.1)
    var calls = OpenCalls(rate, connectionCount: 3, beginNanoseconds: 5000)
    var answers: [(connection: Int, time: Int64)] = []
    while let due = calls.nextDueNanoseconds {
      answers.append((calls.nextConnection, server.answer(askedAt: due)))
      calls.ask()
    }
    #expect(calls.askedCount == 11_000)
    for answer in answers {
      #expect(!calls.isOver)
      calls.hear(1, on: answer.connection, atNanoseconds: answer.time)
    }
    #expect(calls.isOver)
    #expect(calls.latencies.count == 10_000, "without those that warm up")
    let open = try #require(calls.latencies.sorted)
    #expect(open.percentile(50) == 10_000)
    #expect(open.percentile(99.9) > 48_000_000)

    server = StallingServer()
    var closed = Latencies()
    var now: Int64 = 5000
    for _ in 0..<10_000 {
      let answered = server.answer(askedAt: now)
      closed.add(answered - now)
      now = max(answered, now + 100_000)
    }
    let plain = try #require(closed.sorted)
    #expect(plain.percentile(99.9) == 10_000)
    let corrected = try #require(closed.corrected(intervalNanoseconds: 100_000).sorted)
    #expect(corrected.percentile(99.9) > 48_000_000)
  }

  /// Answers that come at once are those of a connection's oldest calls.
  @Test func answersOfAConnectionAreInOrder() throws {
    let rate = OpenRate(callsPerSecond: 1000, seconds: 0.006, warmUpSeconds: 0)
    var calls = OpenCalls(rate, connectionCount: 2, beginNanoseconds: 0)
    for _ in 0..<6 { calls.ask() }
    #expect(calls.nextDueNanoseconds == nil)
    // Calls 1, 3 and 5, due at 1, 3 and 5 ms.
    calls.hear(3, on: 1, atNanoseconds: 6_000_000)
    calls.hear(1, on: 0, atNanoseconds: 6_000_000)
    let sorted = try #require(calls.latencies.sorted)
    #expect(sorted.percentile(25) == 1_000_000)
    #expect(sorted.percentile(50) == 3_000_000)
    #expect(sorted.percentile(75) == 5_000_000)
    #expect(sorted.percentile(100) == 6_000_000)
    #expect(!calls.isOver)
    calls.hear(2, on: 0, atNanoseconds: 6_000_000)
    #expect(calls.isOver)
  }
}

/// Answers one call after another, each after 10 us, and stands once for 50 ms.
private struct StallingServer {
  private var freeAt: Int64 = 0
  private var hasStalled = false

  mutating func answer(askedAt time: Int64) -> Int64 {
    var begin = max(time, freeAt)
    if !hasStalled, begin > 500_000_000 {
      hasStalled = true
      begin += 50_000_000
    }
    freeAt = begin + 10_000
    return freeAt
  }
}
