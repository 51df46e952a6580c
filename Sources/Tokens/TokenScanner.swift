// How a leaked token is found in bytes of any kind.
//
// A token's text has 61 bytes: `pst_`, a letter and `_`, then 55 base62 digits. So whichever byte
// stands at the end of a window of 61 tells whether a token can begin at the start of that window;
// the search goes backwards through it, and what stops it says how far the window can move:
//
//     past it, if it is no byte of a token: the window moves by up to 61;
//     so that it is the second `_`, if it is one: by up to 55;
//     by 56, if all 55 are digits: a token that begins sooner would need a `_` among them.
//
// Text with words of five letters costs a look at one byte in ten, and nothing costs more than
// about two looks a byte. What passes is parsed, and a token or none by its checksum.

/// Finds tokens in bytes that come chunk by chunk, and counts lines and columns for them.
///
/// A token is found wherever its 61 bytes stand, also in a longer word: what is around them doesn't
/// make it less of a leak, and the checksum keeps chance out. So one with letters before and behind
/// it is found, and so are two that share the letters in which one ends and the other begins.
package struct TokenScanner: Sendable {
  /// How many bytes of the input have been gone through.
  package var offsetBytes: Int64 { place.offsetBytes }
  private var place = TextPlace()

  /// Starts at the start of an input.
  package init() {}

  /// Goes through the next bytes of the input and lends every token in them to `found`.
  ///
  /// Returns how many bytes it is done with. The rest, fewer than a token has, may be the start of
  /// one: the next call gets them again, in front of what follows; at the end of the input they are
  /// nothing.
  package mutating func scan<Failure: Error>(
    _ window: Span<UInt8>,
    _ found: (FoundToken, Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Int {
    let classes = Self.classes.span
    let last = window.count &- TokenSecret.textCount
    var start = 0
    var counted = 0
    while start <= last {
      let firstDigit = start &+ Self.prefixCount
      var index = start &+ TokenSecret.textCount &- 1
      while index >= firstDigit, classes[Int(window[index])] == Self.digit { index &-= 1 }
      guard index < firstDigit else {
        start =
          classes[Int(window[index])] == Self.underscore
          ? index &- Self.prefixCount &+ 1 : index &+ 1
        continue
      }
      let text = window.extracting(start..<start &+ TokenSecret.textCount)
      if let (kind, id) = Self.parse(text) {
        place.advance(over: window.extracting(counted..<start))
        counted = start
        try found(
          FoundToken(
            kind: kind, id: id, offsetBytes: place.offsetBytes, line: place.line,
            column: place.column), text)
      }
      start &+= TokenSecret.textCount &- Self.prefixCount &+ 1
    }
    let done = min(start, window.count)
    place.advance(over: window.extracting(counted..<done))
    return done
  }

  private static func parse(_ text: Span<UInt8>) -> (TokenKind, TokenID)? {
    TokenSecret.withParsed(text) { secret in (secret.kind, secret.id) }
  }
}

extension TokenScanner {
  private static let prefixCount = 6

  private static let digit: UInt8 = 1
  private static let underscore: UInt8 = 2
  /// What every byte can be in a token: a base62 digit, the underscore, or 0 for neither.
  private static let classes = InlineArray<256, UInt8> { index in
    if UInt8(index) == UInt8(ascii: "_") { return underscore }
    return Base62.digits[index] == Base62.invalid ? 0 : digit
  }
}

/// A token that stands somewhere in an input, without its secret.
package struct FoundToken: Sendable, Hashable {
  package let kind: TokenKind
  package let id: TokenID
  /// How many bytes of the input stand before it.
  package let offsetBytes: Int64
  /// The line that it is in, from 1. Lines end with a line feed.
  package let line: Int64
  /// The byte of the line that it begins at, from 1.
  package let column: Int64

  package init(kind: TokenKind, id: TokenID, offsetBytes: Int64, line: Int64, column: Int64) {
    self.kind = kind
    self.id = id
    self.offsetBytes = offsetBytes
    self.line = line
    self.column = column
  }
}

/// A place in an input, as editors name it: counted over bytes that come part by part.
struct TextPlace: Sendable {
  /// The bytes before it.
  private(set) var offsetBytes: Int64 = 0
  /// Its line, from 1. Lines end with a line feed.
  private(set) var line: Int64 = 1
  private var lineStartBytes: Int64 = 0

  /// The byte of its line, from 1.
  var column: Int64 { offsetBytes - lineStartBytes + 1 }

  private static let lineEnd = UInt8(ascii: "\n")

  /// Moves behind the next bytes.
  mutating func advance(over bytes: Span<UInt8>) {
    defer { offsetBytes += Int64(bytes.count) }
    let lineEnds = Self.lineEnds(in: bytes)
    guard lineEnds > 0 else { return }
    line += Int64(lineEnds)
    var index = bytes.count &- 1
    while bytes[index] != Self.lineEnd { index &-= 1 }
    lineStartBytes = offsetBytes + Int64(index &+ 1)
  }

  /// Of this form of the loop the compiler makes vectors: ten times as fast as others.
  private static func lineEnds(in bytes: Span<UInt8>) -> Int {
    let count = bytes.count
    var total: Int32 = 0
    var index = 0
    while index < count {
      if bytes[index] == lineEnd { total &+= 1 }
      index &+= 1
    }
    return Int(total)
  }
}
