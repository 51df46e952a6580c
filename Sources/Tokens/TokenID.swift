/// The public name of a token: a UUIDv7 (RFC 9562), so ids sort by the time of issue.
///
/// It is not secret: logs, audit and lists show it.
package struct TokenID: Sendable, Hashable {
  /// The first eight bytes: 48 bits of Unix milliseconds, the version, 12 random bits.
  package let high: UInt64
  /// The last eight bytes: the variant, 62 random bits.
  package let low: UInt64

  /// The number of bytes of the binary form.
  package static let byteCount = 16
  /// The largest time that fits an id: in the year 10889.
  package static let maximumUnixMilliseconds: UInt64 = (1 << 48) - 1

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Makes a UUIDv7 from a time and 128 random bits, of which it uses 74.
  ///
  /// Ids made this way in one millisecond have no order; `TokenIDGenerator` orders them.
  package init(unixMilliseconds: UInt64, random: (UInt64, UInt64)) {
    precondition(unixMilliseconds <= Self.maximumUnixMilliseconds, "a time past the year 10889")
    self.init(
      unixMilliseconds: unixMilliseconds, randomA: random.0 & 0xfff, randomB: random.1 & ~0 >> 2)
  }

  /// Makes an id of its three variable fields: 48, 12 and 62 bits.
  init(unixMilliseconds: UInt64, randomA: UInt64, randomB: UInt64) {
    self.init(
      high: unixMilliseconds << 16 | 0x7000 | randomA,
      low: 0x8000_0000_0000_0000 | randomB)
  }

  /// When the id was made, in milliseconds since 1970. Valid only for ids that a daemon made.
  package var unixMilliseconds: UInt64 { high >> 16 }
}

extension TokenID: Comparable {
  /// The order of the binary form, compared byte by byte.
  package static func < (left: TokenID, right: TokenID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension TokenID {
  /// Reads the binary form: 16 bytes, big-endian; nil for another count.
  package init?(bytes: Span<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    for index in 0..<8 {
      high = high << 8 | UInt64(bytes[index])
      low = low << 8 | UInt64(bytes[index &+ 8])
    }
    self.init(high: high, low: low)
  }

  /// The binary form: big-endian, so that keys sort like ids.
  package var bytes: InlineArray<16, UInt8> {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    encode(into: &span)
    return bytes
  }

  /// Encodes the binary form into the first 16 bytes; `bytes` must have that many.
  package func encode(into bytes: inout MutableSpan<UInt8>) {
    precondition(bytes.count >= Self.byteCount, "no room for a token id")
    for index in 0..<8 {
      let shift = UInt64(56 &- 8 &* index)
      bytes[index] = UInt8(truncatingIfNeeded: high &>> shift)
      bytes[index &+ 8] = UInt8(truncatingIfNeeded: low &>> shift)
    }
  }
}

extension TokenID {
  /// The number of characters of the text form.
  package static let textCount = 22

  /// Reads the text form: 22 base62 characters; nil if it is not a text that `text` returns.
  package init?(parsing text: Span<UInt8>) {
    guard text.count == Self.textCount else { return nil }
    let digits = Base62.digits.span
    var seen: UInt8 = 0
    guard let id = TokenID(text, from: 0, digits: digits, seen: &seen),
      seen & Base62.invalid == 0
    else { return nil }
    self = id
  }

  /// Reads 22 digits; nil if the number needs more than 128 bits. The caller must check `seen`.
  @inline(__always)
  init?(_ text: Span<UInt8>, from start: Int, digits: Span<UInt8>, seen: inout UInt8) {
    let first = Base62.chunk(text, from: start, count: 2, digits: digits, seen: &seen)
    let second = Base62.chunk(text, from: start &+ 2, count: 10, digits: digits, seen: &seen)
    let third = Base62.chunk(text, from: start &+ 12, count: 10, digits: digits, seen: &seen)
    // first * 62^20 + second * 62^10 + third, in words of 64 bits.
    let upper = first.multipliedFullWidth(by: Base62.chunkLimit)
    let (middle, carry) = upper.low.addingReportingOverflow(second)
    let lower = middle.multipliedFullWidth(by: Base62.chunkLimit)
    let (high, overflow) = (upper.high &+ (carry ? 1 : 0))
      .multipliedReportingOverflow(by: Base62.chunkLimit)
    let (low, lowCarry) = lower.low.addingReportingOverflow(third)
    let (sum, sumOverflow) = high.addingReportingOverflow(lower.high)
    let (total, totalOverflow) = sum.addingReportingOverflow(lowCarry ? 1 : 0)
    guard !overflow, !sumOverflow, !totalOverflow else { return nil }
    self.init(high: total, low: low)
  }

  /// The text form: 22 base62 characters that sort like the ids.
  package var text: InlineArray<22, UInt8> {
    var text = InlineArray<22, UInt8>(repeating: 0)
    var span = text.mutableSpan
    writeText(into: &span, at: 0)
    return text
  }

  /// Writes the text form over the 22 bytes from `start`; `text` must have that many.
  package func writeText(into text: inout MutableSpan<UInt8>, at start: Int) {
    let limit = Base62.chunkLimit
    let upper = high.quotientAndRemainder(dividingBy: limit)
    let lower = limit.dividingFullWidth((upper.remainder, low))
    // The quotient is below 2^69: its first word is at most 21.
    let rest = limit.dividingFullWidth((upper.quotient, lower.quotient))
    Base62.writeDigits(rest.quotient, count: 2, at: start, into: &text)
    Base62.writeDigits(rest.remainder, count: 10, at: start &+ 2, into: &text)
    Base62.writeDigits(lower.remainder, count: 10, at: start &+ 12, into: &text)
  }
}

extension TokenID: CustomStringConvertible {
  /// The text form.
  package var description: String {
    let text = self.text
    var description = ""
    for index in text.indices { description.unicodeScalars.append(Unicode.Scalar(text[index])) }
    return description
  }
}

/// Makes strictly increasing token ids, whatever the clock does.
///
/// If the time is later than that of the last id, the id is a new UUIDv7. In the same millisecond,
/// or after the clock has stepped back, the 74 random bits of the last id are a counter that grows
/// by a random amount (RFC 9562, 6.2, method 2); if it overflows, the time of the id advances by a
/// millisecond instead.
package struct TokenIDGenerator: Sendable {
  private var last: TokenID?

  /// Makes a generator whose ids are greater than `last`, the greatest id known.
  package init(after last: TokenID? = nil) { self.last = last }

  /// The next id: greater than every earlier one.
  ///
  /// Needs the wall clock and 128 random bits.
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
    // 62 bits plus 33 bits: the word can't overflow.
    let randomB = (last.low & ~0 >> 2) + step
    let randomA = (last.high & 0xfff) + randomB >> 62
    guard randomA <= 0xfff else {
      return TokenID(unixMilliseconds: last.unixMilliseconds + 1, random: random)
    }
    return TokenID(
      unixMilliseconds: last.unixMilliseconds, randomA: randomA, randomB: randomB & ~0 >> 2)
  }
}
