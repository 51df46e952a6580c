internal import Ledger
internal import TestSupport
internal import Testing
internal import Tokens

/// Where a thread counts the uses of tokens.
@Suite struct TokenUsesTests {
  private struct Key: Hashable {
    let token: TokenID
    let method: Int
    let userID: UInt32
    let day: UInt16
  }

  private struct Counts: Equatable {
    var calls: UInt64 = 0
    var denied: UInt64 = 0
    var previous: UInt64 = 0
    var last: Int64 = 0
  }

  private static func token(_ number: UInt64) -> TokenID {
    TokenID(unixMilliseconds: 1, random: (number, number))
  }

  private static func counts(_ batch: UsageBatch?) -> [Key: Counts] {
    guard let batch else { return [:] }
    let count = batch.count
    var found: [Key: Counts] = [:]
    var order = UsageOrder(batch)
    var (seen, last): (Int, TokenUse?) = (0, nil)
    while true {
      let some = order.takeNext(250)
      #expect(some.count <= 250)
      if some.isEmpty { break }
      for use in some {
        if let last { #expect(last.tokenID <= use.tokenID) }
        let key = Key(
          token: use.tokenID, method: use.method, userID: use.userID, day: use.day)
        var counts = found[key] ?? Counts()
        counts.calls += use.callCount
        counts.denied += use.deniedCount
        counts.previous += use.previousSecretCount
        counts.last = max(counts.last, use.lastNanoseconds)
        found[key] = counts
        (seen, last) = (seen + 1, use)
      }
    }
    #expect(seen <= count)
    return found
  }

  /// Against a dictionary, over many doublings and with the clock going to and fro over days.
  @Test func countsAsADictionaryWould() {
    let uses = TokenUses(maximumKeys: 100_000)
    var random = SplitMix64(seed: 0x05e5)
    for round in 0..<3 {
      var model: [Key: Counts] = [:]
      for _ in 0..<20_000 {
        let token = Self.token(random.next() % 1_500)
        let method = Int(random.next() % 3)
        let userID = UInt32(truncatingIfNeeded: random.next() % 2 == 0 ? 0 : 0xffff_fffe)
        let now = Int64(random.next() % 3) * UsageDay.nanoseconds + Int64(random.next() % 1_000)
        let isDenied = random.next() % 4 == 0
        let isPrevious = random.next() % 4 == 0
        uses.begin(method: method, userID: userID)
        uses.note(
          token, isByPreviousSecret: isPrevious, isDenied: isDenied, nowNanoseconds: now)
        let day = UInt16(now / UsageDay.nanoseconds)
        var counts =
          model[Key(token: token, method: method, userID: userID, day: day)] ?? Counts()
        counts.calls += 1
        counts.denied += isDenied ? 1 : 0
        counts.previous += isPrevious ? 1 : 0
        counts.last = max(counts.last, now)
        model[Key(token: token, method: method, userID: userID, day: day)] = counts
      }
      #expect(Self.counts(uses.take()) == model, "round \(round)")
      #expect(uses.take() == nil)
    }
  }

  @Test func daysBeginAtMidnight() {
    #expect(UsageDay.number(ofNanoseconds: UsageDay.nanoseconds - 1) == 0)
    #expect(UsageDay.number(ofNanoseconds: UsageDay.nanoseconds) == 1)
    #expect(UsageDay.number(ofNanoseconds: .min) == 0)
    #expect(UsageDay.number(ofNanoseconds: .max) == .max)
    #expect(UsageDay.beginNanoseconds(1) == UsageDay.nanoseconds)
    let uses = TokenUses(maximumKeys: 10)
    for now in [UsageDay.nanoseconds - 1, UsageDay.nanoseconds, UsageDay.nanoseconds - 2] {
      uses.note(Self.token(1), isByPreviousSecret: false, isDenied: false, nowNanoseconds: now)
    }
    let found = Self.counts(uses.take())
    #expect(found.count == 2)
    for (key, counts) in found {
      #expect(counts.calls == (key.day == 0 ? 2 : 1))
      #expect(counts.last == (key.day == 0 ? UsageDay.nanoseconds - 1 : UsageDay.nanoseconds))
    }
  }

  @Test func aRefusalIsOfTheTokenOfTheCall() {
    let uses = TokenUses(maximumKeys: 10)
    uses.begin(method: 1, userID: 0)
    uses.note(Self.token(1), isByPreviousSecret: false, isDenied: false, nowNanoseconds: 1)
    uses.noteRefusal()
    uses.noteRefusal()
    // A call without a token.
    uses.begin(method: 1, userID: 0)
    uses.noteRefusal()
    let found = Self.counts(uses.take())
    #expect(found.values.map(\.denied) == [1])
    #expect(found.values.map(\.calls) == [1])
  }

  /// A flood of a million keys: the table stays within its bound, and nothing goes uncounted
  /// silently. Those that it holds are counted on.
  @Test func holdsNoMoreThanItMay() throws {
    let most = 131_072
    let uses = TokenUses(maximumKeys: most)
    func note(_ number: UInt64) {
      uses.note(
        Self.token(number), isByPreviousSecret: false, isDenied: false, nowNanoseconds: 1)
    }
    for number in 0..<1_000_000 as Range<UInt64> { note(number) }
    for number in 0..<100 as Range<UInt64> { note(number) }
    let batch = try #require(uses.take())
    #expect(batch.count == most)
    #expect(batch.uncountedCount == UInt64(1_000_000 - most))
    #expect(batch.byteCount <= 16 << 20)
    let found = Self.counts(batch)
    #expect(found.values.reduce(0) { $0 + $1.calls } == UInt64(most + 100))
    // Empty again, whatever it was before.
    note(1)
    #expect(uses.take()?.count == 1)
  }

  @Test func countsNothingWhenSwitchedOff() {
    let uses = TokenUses(maximumKeys: 0)
    uses.begin(method: 1, userID: 0)
    uses.note(Self.token(1), isByPreviousSecret: true, isDenied: true, nowNanoseconds: 1)
    uses.noteRefusal()
    #expect(uses.take() == nil)
  }
}
