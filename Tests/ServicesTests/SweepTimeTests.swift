internal import Services
internal import Testing

/// When the sweep takes a token: once it has ended for longer than it is kept, to the nanosecond.
@Suite struct SweepTimeTests {
  private static let retentionNanoseconds: Int64 = 5_000_000_000
  /// The time at which a desk decides its commands.
  private static let endNanoseconds: Int64 = 1_000_000_000

  @Test func takesWhatEndedLongEnoughAgo() throws {
    var limits = ServiceLimits()
    limits.tokenRetentionNanoseconds = Self.retentionNanoseconds
    let desk = try Desk(limits: limits)
    _ = try desk.load([
      #"{"organization":{"id":"acme"}}"#, ImportTests.user("alice", isAdministrator: true),
    ])
    let kept = try desk.issueToken("alice")
    for _ in 0..<3 { try desk.revoke(try desk.issueToken("alice")) }
    let last = Self.endNanoseconds + Self.retentionNanoseconds
    for now in [Self.endNanoseconds, last - 1_000_000_000, last - 1, last] {
      #expect(try desk.sweepTokens(atNanoseconds: now) == 0, "\(now)")
    }
    #expect(try desk.sweepTokens(atNanoseconds: last + 1) == 3)
    #expect(try desk.sweepTokens(atNanoseconds: last + 1) == 0)
    #expect(try desk.isActive(kept))
  }
}
