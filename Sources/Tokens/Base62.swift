/// Whole numbers as base62 text of a fixed width, most significant digit first.
///
/// Text is split into chunks of ten digits, because 62^10 fits a 64-bit word. The digits of a chunk
/// are combined with plain multiplications, independently of the other chunks; only the few chunks
/// need multi-word arithmetic. A text of fixed width can encode numbers too large for the bytes;
/// they are refused, so every value has exactly one text.
enum Base62 {
  /// The most digits that one word holds.
  static let chunkDigits = 10
  /// 62^10.
  static let chunkLimit: UInt64 = 839_299_365_868_340_224
  /// The bit that marks a byte outside the alphabet.
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

  /// The number of at most ten digits. If one is not a digit, sets `invalid` in `seen`, and the
  /// number is meaningless.
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
  static func writeDigits(
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

  /// The character of a digit, computed without a table, so that the digit is never an index.
  @inline(__always)
  private static func character(_ digit: UInt8) -> UInt8 {
    if digit < 10 { return UInt8(ascii: "0") &+ digit }
    if digit < 36 { return UInt8(ascii: "A") &+ (digit &- 10) }
    return UInt8(ascii: "a") &+ (digit &- 36)
  }
}
