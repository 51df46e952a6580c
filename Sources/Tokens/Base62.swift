/// Whole numbers as base62 text of a fixed width, most significant digit first.
///
/// Text is cut into chunks of ten digits, because 62^10 fits a 64-bit word with room to spare: the
/// digits of a chunk are folded with plain multiplications, independent of the other chunks, and
/// only the few chunks are joined with multi-word arithmetic. A fixed width can spell numbers that
/// the bytes can't hold; those are refused, so every value has exactly one text.
enum Base62 {
  /// The most digits that one word holds.
  static let chunkDigits = 10
  /// 62^10.
  static let chunkLimit: UInt64 = 839_299_365_868_340_224
  /// Set in the digit of every byte that is not of the alphabet.
  static let invalid: UInt8 = 0x80

  /// The digit of every byte: `0-9`, `A-Z`, `a-z`, or `invalid`.
  static let digits = InlineArray<256, UInt8> { index in
    switch UInt8(index) {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(index) - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt8(index) - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt8(index) - UInt8(ascii: "a") + 36
    default: invalid
    }
  }

  /// The number that at most ten digits spell; sets `invalid` in `seen` when one is no digit, and
  /// the number is then meaningless.
  @inline(__always)
  static func chunk(
    _ text: Span<UInt8>, from start: Int, count: Int, digits: Span<UInt8>, seen: inout UInt8
  ) -> UInt64 {
    var value: UInt64 = 0
    for index in start..<start &+ count {
      let digit = digits[Int(text[index])]
      seen |= digit
      value = value &* 62 &+ UInt64(digit)
    }
    return value
  }

  /// Writes the last `count` digits of a number.
  @inline(__always)
  static func write(
    _ value: UInt64, count: Int, at start: Int, into text: inout MutableSpan<UInt8>
  ) {
    var rest = value
    var index = start &+ count
    while index > start {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 62)
      index &-= 1
      text[index] = character(UInt8(truncatingIfNeeded: digit))
      rest = quotient
    }
  }

  /// The character of a digit, computed without a table that the digit would index.
  @inline(__always)
  private static func character(_ digit: UInt8) -> UInt8 {
    if digit < 10 { return UInt8(ascii: "0") &+ digit }
    if digit < 36 { return UInt8(ascii: "A") &+ (digit &- 10) }
    return UInt8(ascii: "a") &+ (digit &- 36)
  }
}
