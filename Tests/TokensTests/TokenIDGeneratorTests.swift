internal import TestSupport
internal import Testing
internal import Tokens

@Suite struct TokenIDGeneratorTests {
  private func isUUIDv7(_ id: TokenID) -> Bool {
    id.high >> 12 & 0xf == 7 && id.low >> 62 == 2
  }

  @Test func increasesWhateverTheClockDoes() {
    var random = SplitMix64(seed: 6)
    var generator = TokenIDGenerator()
    var milliseconds: UInt64 = 1_700_000_000_000
    var last = generator.next(unixMilliseconds: milliseconds, random: (0, 0))
    for _ in 0..<20_000 {
      switch random.next() % 10 {
      case 0: milliseconds += 1
      case 1: milliseconds -= UInt64.random(in: 0...5000, using: &random)
      case 2: milliseconds += UInt64.random(in: 0...5000, using: &random)
      default: break
      }
      let id = generator.next(
        unixMilliseconds: milliseconds, random: (random.next(), random.next()))
      #expect(last < id)
      #expect(isUUIDv7(id))
      last = id
    }
  }

  @Test func takesTheClockWhenItIsLater() {
    var generator = TokenIDGenerator()
    #expect(
      generator.next(unixMilliseconds: 5, random: (1, 2))
        == TokenID(unixMilliseconds: 5, random: (1, 2)))
    #expect(
      generator.next(unixMilliseconds: 6, random: (0, 0))
        == TokenID(unixMilliseconds: 6, random: (0, 0)))
    #expect(generator.next(unixMilliseconds: 2, random: (0, 0)).unixMilliseconds == 6)
  }

  @Test func goesOnAfterTheGreatestKnown() {
    let known = TokenID(unixMilliseconds: 1000, random: (3, 4))
    var generator = TokenIDGenerator(after: known)
    let id = generator.next(unixMilliseconds: 10, random: (0, 0))
    #expect(known < id)
    #expect(id.unixMilliseconds == 1000)
  }

  @Test func carriesFromTheLowerFieldIntoTheUpper() {
    var generator = TokenIDGenerator(after: TokenID(unixMilliseconds: 9, random: (5, .max)))
    let id = generator.next(unixMilliseconds: 9, random: (0, 0))
    #expect(id == TokenID(unixMilliseconds: 9, random: (6, 0)))
  }

  @Test func movesTheTimeOnWhenTheCounterIsFull() {
    var generator = TokenIDGenerator(after: TokenID(unixMilliseconds: 9, random: (.max, .max)))
    let id = generator.next(unixMilliseconds: 9, random: (1, 2))
    #expect(id == TokenID(unixMilliseconds: 10, random: (1, 2)))
  }
}
