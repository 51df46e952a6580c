@testable internal import Server
internal import Testing

/// For how long the writer decides before it commits.
@Suite struct BatchTimeTests {
  private func settled(_ time: BatchTime, commitNanoseconds: Int64) -> Int64 {
    var time = time
    for _ in 0..<100 { time.note(commitNanoseconds: commitNanoseconds) }
    return time.nanoseconds
  }

  @Test func followsTheCommitsWithinBounds() {
    let time = BatchTime(maximumNanoseconds: 5_000_000)
    #expect(time.nanoseconds == 5_000_000)
    for (commit, wanted) in [
      (0, 1_000_000), (300_000, 1_000_000), (1_000_000, 2_000_000), (2_000_000, 4_000_000),
      (50_000_000, 5_000_000),
    ] as [(Int64, Int64)] {
      let found = settled(time, commitNanoseconds: commit)
      #expect((wanted...wanted + 100).contains(found), "\(commit): \(found)")
    }
  }

  @Test func oneSlowCommitChangesLittle() {
    var time = BatchTime(maximumNanoseconds: 5_000_000)
    for _ in 0..<100 { time.note(commitNanoseconds: 100_000) }
    time.note(commitNanoseconds: 300_000_000)
    #expect(time.nanoseconds < 1_600_000)
  }

  @Test func staysInAFleet() {
    let time = BatchTime(constantNanoseconds: 10_000_000)
    #expect(settled(time, commitNanoseconds: 1) == 10_000_000)
    #expect(settled(time, commitNanoseconds: 100_000_000) == 10_000_000)
  }
}
