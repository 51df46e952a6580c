/// The public name of a token: a UUIDv7 (RFC 9562), so ids sort by the time of issue.
///
/// It is no secret: logs, audit and lists show it.
package struct TokenID: Sendable, Hashable {
  /// The first eight bytes: 48 bits of Unix milliseconds, the version, 12 random bits.
  package let high: UInt64
  /// The last eight bytes: the variant, 62 random bits.
  package let low: UInt64

  /// The number of bytes of the binary form.
  package static let byteCount = 16
  /// The largest time an id can carry: in the year 10889.
  package static let maximumUnixMilliseconds: UInt64 = (1 << 48) - 1

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Makes a UUIDv7 of a time and 128 random bits, of which it keeps 74.
  ///
  /// Ids of one millisecond made so are in no order; `TokenIDGenerator` orders them.
  package init(unixMilliseconds: UInt64, random: (UInt64, UInt64)) {
    precondition(unixMilliseconds <= Self.maximumUnixMilliseconds, "a time past the year 10889")
    self.init(
      unixMilliseconds: unixMilliseconds, randomA: random.0 & 0xfff, randomB: random.1 & ~0 >> 2)
  }

  /// Joins the three fields that are not fixed: 48, 12 and 62 bits.
  init(unixMilliseconds: UInt64, randomA: UInt64, randomB: UInt64) {
    self.init(
      high: unixMilliseconds << 16 | 0x7000 | randomA,
      low: 0x8000_0000_0000_0000 | randomB)
  }

  /// When the id was made, in milliseconds since 1970, for an id that this daemon made.
  package var unixMilliseconds: UInt64 { high >> 16 }
}

extension TokenID: Comparable {
  /// The order of the binary form, compared byte by byte.
  package static func < (left: TokenID, right: TokenID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}
