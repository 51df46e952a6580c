// How a leaked token is found in any bytes.
//
// A token's text has 61 bytes: `pst_`, a letter and `_`, then 55 base62 digits. The search moves a
// window of 61 bytes over the input, and checks from its end backwards whether a token can begin at
// its start. The byte that stops the check says how far the window can move:
//
//     not a byte of a token: past it, by up to 61;
//     a `_`: until it is the second `_` of the window, by up to 55;
//     none, all 55 are digits: by 56, since an earlier token would need a `_` among them.
//
// In text with words of five letters, the search reads about one byte in ten; in no input does it
// read a byte more than about twice. Candidates are parsed, and the checksum decides whether they
// are tokens.

/// Finds tokens in input that comes in chunks, with their lines and columns.
///
/// A token is found wherever its 61 bytes are, even inside a longer word: it has leaked whatever
/// surrounds it, and the checksum excludes accidental matches. So a token with letters before and
/// after it is found, and so are two tokens that overlap.
package struct TokenScanner: Sendable {
  /// How many bytes of the input have been scanned.
  package var offsetBytes: Int64 { place.offsetBytes }
  private var place = TextPlace()

  /// Makes a scanner at the start of an input.
  package init() {}

  /// Scans the next bytes of the input and lends every token in them to `found`.
  ///
  /// Returns how many bytes are done. The rest, fewer than a token has, may be the start of one:
  /// the caller passes them to the next call again, before the bytes that follow. At the end of the
  /// input they contain no token.
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
  /// The class of every byte: a base62 digit, the underscore, or 0 for neither.
  private static let classes = InlineArray<256, UInt8> { index in
    if UInt8(index) == UInt8(ascii: "_") { return underscore }
    return Base62.digits[index] == Base62.invalid ? 0 : digit
  }
}

/// A token found in an input, without its secret.
package struct FoundToken: Sendable, Hashable {
  package let kind: TokenKind
  package let id: TokenID
  /// How many bytes of the input come before it.
  package let offsetBytes: Int64
  /// The line that it is in, from 1. Lines end with a line feed.
  package let line: Int64
  /// The byte of the line at which it begins, from 1.
  package let column: Int64

  package init(kind: TokenKind, id: TokenID, offsetBytes: Int64, line: Int64, column: Int64) {
    self.kind = kind
    self.id = id
    self.offsetBytes = offsetBytes
    self.line = line
    self.column = column
  }
}

/// A place in an input, as line and column, counted over bytes that come in parts.
struct TextPlace: Sendable {
  /// The bytes before it.
  private(set) var offsetBytes: Int64 = 0
  /// Its line, from 1. Lines end with a line feed.
  private(set) var line: Int64 = 1
  private var lineStartBytes: Int64 = 0

  /// The byte of its line, from 1.
  var column: Int64 { offsetBytes - lineStartBytes + 1 }

  private static let lineEnd = UInt8(ascii: "\n")

  /// Advances past the next bytes.
  mutating func advance(over bytes: Span<UInt8>) {
    defer { offsetBytes += Int64(bytes.count) }
    let lineEnds = Self.lineEnds(in: bytes)
    guard lineEnds > 0 else { return }
    line += Int64(lineEnds)
    var index = bytes.count &- 1
    while bytes[index] != Self.lineEnd { index &-= 1 }
    lineStartBytes = offsetBytes + Int64(index &+ 1)
  }

  /// The compiler vectorizes a loop of this form: it is ten times as fast as others.
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
