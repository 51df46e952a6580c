/// The first letters of a token in an encoding, and the search for them.
///
/// In base64 the letters of a mark may have blanks between them: a line end, or zeros in UTF-16. So
/// the search looks for pairs of letters, two for each alignment; one line end can split only one
/// of them. Around a pair, the other letters are compared, skipping blanks.
struct EncodedMark {
  /// The encoding of the token.
  let encoding: EncodedTokenScanner.Encoding
  /// The bits of the token's first byte that come before the mark, and their number.
  let bits: UInt32
  let bitCount: Int
  private let letters: [UInt8]

  private init(
    _ encoding: EncodedTokenScanner.Encoding, _ letters: String, bits: UInt32 = 0,
    bitCount: Int = 0
  ) {
    self.encoding = encoding
    self.letters = Array(letters.utf8)
    self.bits = bits
    self.bitCount = bitCount
  }

  private static let utf16 = EncodedMark(.utf16, "p\0s\0t\0_")
  private static let utf32 = EncodedMark(.utf32, "p\0\0\0s\0\0\0t\0\0\0_")
  private static let first = [
    EncodedMark(.base64, "cHN0X3V"), EncodedMark(.base64, "cHN0X29"),
  ]
  private static let second = [
    EncodedMark(.base64, "BzdF91X", bits: 0b0111, bitCount: 4),
    EncodedMark(.base64, "BzdF9vX", bits: 0b0111, bitCount: 4),
  ]
  private static let third = [
    EncodedMark(.base64, "wc3RfdV", bits: 0b01, bitCount: 2),
    EncodedMark(.base64, "wc3Rfb1", bits: 0b01, bitCount: 2),
  ]
  private static let firstWide = EncodedMark(.base64OfUTF16, "cABzAHQAXwB")
  private static let secondWide = EncodedMark(
    .base64OfUTF16, "AAcwB0AF8A", bits: 0b0111, bitCount: 4)
  private static let thirdWide = EncodedMark(
    .base64OfUTF16, "wAHMAdABfA", bits: 0b01, bitCount: 2)

  /// A mark, and where it begins.
  typealias Found = (start: Int, mark: EncodedMark)

  /// The most bytes of a mark, including blanks.
  private static let reach = 96

  /// The marks that begin in a range of the bytes, in order.
  static func find(in bytes: Span<UInt8>, beginningIn starts: Range<Int>) -> [Found] {
    let window = bytes.extracting(
      starts.lowerBound..<min(bytes.count, starts.upperBound &+ reach))
    // Most ranges have no pair, and nothing else needs to be checked.
    let (hasPair, hasZero) = look(at: window)
    guard hasPair || (hasZero && hasWidePair(window)) else { return [] }
    var found: [Found] = []
    var (beforePrevious, previous) = (UInt8(0xff), UInt8(0xff))
    for index in window.indices {
      let byte = window[index]
      let isWide = previous == 0
      let before = isWide ? beforePrevious : previous
      (beforePrevious, previous) = (previous, byte)
      // Nearly all bytes end here.
      guard difference(before, byte) == 0 || (isWide && byte == UInt8(ascii: "_")) else { continue }
      let (marks, position) =
        isWide && index >= 4 && window[index - 4] == UInt8(ascii: "t") && byte == UInt8(ascii: "_")
        ? ([utf32], 12) : Self.marks(withPair: before, byte, isWide: isWide)
      for mark in marks {
        guard let start = mark.start(in: window, letter: position, at: index),
          start < starts.count, !found.contains(where: { $0.start == start + starts.lowerBound })
        else { continue }
        found.append((start + starts.lowerBound, mark))
      }
    }
    return found.sorted { $0.start < $1.start }
  }

  /// The marks that contain a pair of letters, and the position of its second letter.
  private static func marks(
    withPair before: UInt8, _ letter: UInt8, isWide: Bool
  ) -> ([EncodedMark], Int) {
    switch (before, letter) {
    case (UInt8(ascii: "H"), UInt8(ascii: "N")): (first, 2)
    case (UInt8(ascii: "0"), UInt8(ascii: "X")): (first, 4)
    case (UInt8(ascii: "d"), UInt8(ascii: "F")): (second, 3)
    case (UInt8(ascii: "F"), UInt8(ascii: "9")): (second, 4)
    case (UInt8(ascii: "3"), UInt8(ascii: "R")): (third, 3)
    case (UInt8(ascii: "R"), UInt8(ascii: "f")): (third, 4)
    case (UInt8(ascii: "B"), UInt8(ascii: "z")): ([firstWide], 3)
    case (UInt8(ascii: "H"), UInt8(ascii: "Q")): ([firstWide], 5)
    case (UInt8(ascii: "B"), UInt8(ascii: "0")): ([secondWide], 5)
    case (UInt8(ascii: "F"), UInt8(ascii: "8")): ([secondWide], 8)
    case (UInt8(ascii: "H"), UInt8(ascii: "M")): ([thirdWide], 3)
    case (UInt8(ascii: "B"), UInt8(ascii: "f")): ([thirdWide], 8)
    case (UInt8(ascii: "t"), UInt8(ascii: "_")): isWide ? ([utf16], 6) : ([], 0)
    default: ([], 0)
    }
  }

  /// Where the mark begins if its letter number `letter` is at `index`; nil if the mark is not
  /// there.
  private func start(in bytes: Span<UInt8>, letter: Int, at index: Int) -> Int? {
    var start = index
    for position in (0..<letter).reversed() {
      repeat { start -= 1 } while start >= 0 && isBlank(bytes[start])
      guard start >= 0, bytes[start] == letters[position] else { return nil }
    }
    var end = index
    for position in (letter + 1)..<letters.count {
      repeat { end += 1 } while end < bytes.count && isBlank(bytes[end])
      guard end < bytes.count, bytes[end] == letters[position] else { return nil }
    }
    return start
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    encoding.isBase64 && Base64Letters.values[Int(byte)] == Base64Letters.blank
  }
}

// The compiler vectorizes loops of this form.
extension EncodedMark {
  /// Whether two adjacent bytes are a pair, and whether any byte is zero.
  private static func look(at bytes: Span<UInt8>) -> (hasPair: Bool, hasZero: Bool) {
    let count = bytes.count
    var (pair, zero) = (UInt8(0xff), UInt8(0xff))
    var previous: UInt8 = 0xff
    var index = 0
    while index < count {
      let byte = bytes[index]
      pair = min(pair, difference(previous, byte))
      zero = min(zero, byte)
      previous = byte
      index &+= 1
    }
    return (pair == 0, zero == 0)
  }

  /// Whether two bytes are a pair, with a zero between them or, in UTF-32, three bytes.
  private static func hasWidePair(_ bytes: Span<UInt8>) -> Bool {
    let count = bytes.count
    var pair = UInt8(0xff)
    var (fourth, third) = (UInt8(0xff), UInt8(0xff))
    var (beforePrevious, previous) = (UInt8(0xff), UInt8(0xff))
    var index = 0
    while index < count {
      let byte = bytes[index]
      let plain =
        min(beforePrevious ^ UInt8(ascii: "t"), fourth ^ UInt8(ascii: "t"))
        | (byte ^ UInt8(ascii: "_"))
      pair = min(pair, previous | min(plain, difference(beforePrevious, byte)))
      fourth = third
      third = beforePrevious
      beforePrevious = previous
      previous = byte
      index &+= 1
    }
    return pair == 0
  }

  /// Zero if the two bytes are a base64 pair.
  @inline(__always)
  private static func difference(_ before: UInt8, _ byte: UInt8) -> UInt8 {
    let first = min(
      (before ^ UInt8(ascii: "H")) | different(byte, from: ("N", "Q", "M")),
      (before ^ UInt8(ascii: "0")) | (byte ^ UInt8(ascii: "X")))
    let second = min(
      (before ^ UInt8(ascii: "d")) | (byte ^ UInt8(ascii: "F")),
      (before ^ UInt8(ascii: "F")) | different(byte, from: ("9", "8", "8")))
    let third = min(
      (before ^ UInt8(ascii: "3")) | (byte ^ UInt8(ascii: "R")),
      (before ^ UInt8(ascii: "R")) | (byte ^ UInt8(ascii: "f")))
    let wide = (before ^ UInt8(ascii: "B")) | different(byte, from: ("z", "0", "f"))
    return min(first, second, third, wide)
  }

  /// Zero if the byte is one of three.
  @inline(__always)
  private static func different(
    _ byte: UInt8, from letters: (Unicode.Scalar, Unicode.Scalar, Unicode.Scalar)
  ) -> UInt8 {
    min(
      byte ^ UInt8(ascii: letters.0), byte ^ UInt8(ascii: letters.1),
      byte ^ UInt8(ascii: letters.2))
  }
}

/// The meaning of bytes in base64, with the standard or the URL alphabet.
enum Base64Letters {
  /// A byte between letters that is skipped: from a line end, an indentation, or UTF-16.
  static let blank: UInt8 = 64

  /// For each byte its six bits, or `blank`, or a larger number if the byte ends the base64.
  static let values: [UInt8] = {
    var values = [UInt8](repeating: 65, count: 256)
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, letter) in letters.utf8.enumerated() { values[Int(letter)] = UInt8(value) }
    values[Int(UInt8(ascii: "-"))] = 62
    values[Int(UInt8(ascii: "_"))] = 63
    for space in "\r\n\t \0".utf8 { values[Int(space)] = blank }
    return values
  }()
}
