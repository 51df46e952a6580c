/// Makes token ids that only ever increase, whatever the clock does.
///
/// A time later than that of the last id gives a fresh UUIDv7. Within a millisecond, or when the
/// clock has stepped back, the 74 random bits of the last id are a counter that grows by a random
/// amount (RFC 9562, 6.2, method 2); when they run out, the time of the id moves on instead.
package struct TokenIDGenerator: Sendable {
  private var last: TokenID?

  /// Makes a generator whose ids are greater than `last`, the greatest id known.
  package init(after last: TokenID? = nil) { self.last = last }

  /// The next id: greater than every id before it.
  ///
  /// Takes the wall clock and 128 random bits.
  package mutating func next(unixMilliseconds: UInt64, random: (UInt64, UInt64)) -> TokenID {
    let id = following(unixMilliseconds: unixMilliseconds, random: random)
    last = id
    return id
  }

  private func following(unixMilliseconds: UInt64, random: (UInt64, UInt64)) -> TokenID {
    guard let last, last.unixMilliseconds >= unixMilliseconds else {
      return TokenID(unixMilliseconds: unixMilliseconds, random: random)
    }
    let step = (random.0 ^ random.1) & 0xffff_ffff &+ 1
    // 62 bits plus 33 bits: no overflow of the word.
    let randomB = (last.low & ~0 >> 2) + step
    let randomA = (last.high & 0xfff) + randomB >> 62
    guard randomA <= 0xfff else {
      return TokenID(unixMilliseconds: last.unixMilliseconds + 1, random: random)
    }
    return TokenID(
      unixMilliseconds: last.unixMilliseconds, randomA: randomA, randomB: randomB & ~0 >> 2)
  }
}
