// The tokens of RFC 8259.
extension JSONReader {
  /// The next byte; nil at the end.
  var peek: UInt8? { position < text.count ? text[position] : nil }

  mutating func skipSpace() {
    while let byte = peek, [0x20, 0x0a, 0x0d, 0x09].contains(byte) { position += 1 }
  }

  /// Takes a character if it comes next, after white space.
  mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek == byte else { return false }
    position += 1
    return true
  }

  mutating func expect(_ byte: UInt8, _ what: @autoclosure () -> String) throws(Problem) {
    guard take(byte) else { throw problem("here belongs \(what())") }
  }

  /// Takes a string with its quotes; `what` names what is expected here.
  mutating func readString(_ what: @autoclosure () -> String) throws(Problem) -> [UInt8] {
    guard peek == UInt8(ascii: "\"") else { throw problem("here belongs \(what())") }
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard content.span.isText else {
          throw Problem(offset: start, sentence: "this is not UTF-8 text without NUL")
        }
        return content
      case UInt8(ascii: "\\"): try readEscape(into: &content)
      case 0..<0x20: throw problem("a control character in text is written as an escape")
      default:
        content.append(byte)
        position += 1
      }
    }
    throw Problem(offset: start, sentence: "this text has no end")
  }

  private mutating func readEscape(into content: inout [UInt8]) throws(Problem) {
    let start = position
    position += 1
    let letter = peek
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter ?? 0)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0c)
    case UInt8(ascii: "n"): content.append(0x0a)
    case UInt8(ascii: "r"): content.append(0x0d)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      var value = try readHexadecimal(start)
      if (0xd800..<0xdc00).contains(value), peek == UInt8(ascii: "\\") {
        position += 1
        guard peek == UInt8(ascii: "u") else { break }
        position += 1
        let low = try readHexadecimal(start)
        guard (0xdc00..<0xe000).contains(low) else { break }
        value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(value) else { break }
      content += Array(String(Character(scalar)).utf8)
      return
    default: break
    }
    if let letter, [0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74].contains(letter) { return }
    throw Problem(offset: start, sentence: "this is not a JSON escape")
  }

  private mutating func readHexadecimal(_ start: Int) throws(Problem) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80
      else { throw Problem(offset: start, sentence: "this is not a JSON escape") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  mutating func readBoolean(_ name: String) throws(Problem) -> Bool {
    for (word, value) in [("true", true), ("false", false)] as [(StaticString, Bool)] {
      let end = position + word.utf8CodeUnitCount
      guard end <= text.count, text.extracting(position..<end).isEqual(to: word) else { continue }
      position = end
      return value
    }
    throw problem("here belongs true or false for `\(name)`")
  }

  /// Takes a whole number, which may be in quotes, since numbers of 64 bits are.
  mutating func readNumber<Value: FixedWidthInteger>(
    as type: Value.Type
  ) throws(Problem) -> Value {
    let start = position
    let isQuoted = take(UInt8(ascii: "\""))
    var digits = ""
    while let byte = peek, byte == UInt8(ascii: "-") || (0x30..<0x3a).contains(byte) {
      digits.unicodeScalars.append(Unicode.Scalar(byte))
      position += 1
    }
    let isClosed = !isQuoted || take(UInt8(ascii: "\""))
    guard isClosed, let value = Value(digits), String(value) == digits else {
      throw Problem(
        offset: start, sentence: "here belongs a whole number of \(Value.bitWidth) bits")
    }
    return value
  }

  /// Takes a time of RFC 3339 in UTC, and appends it as a `google.protobuf.Timestamp`.
  mutating func readTime(into buffer: inout ByteBuffer) throws(Problem) {
    let start = position
    let text = try readString("a time as `2026-05-01T12:00:00Z`")
    guard let time = JSONTime.parse(text) else {
      throw Problem(offset: start, sentence: "here belongs a time as `2026-05-01T12:00:00Z`")
    }
    if time.seconds != 0 {
      buffer.append(varint: 1 << 3)
      buffer.append(varint: UInt64(bitPattern: time.seconds))
    }
    if time.nanoseconds != 0 {
      buffer.append(varint: 2 << 3)
      buffer.append(varint: UInt64(time.nanoseconds))
    }
  }
}

/// Why text is not the JSON of a message.
public struct JSONError: Error, Sendable, Equatable {
  /// The line, from 1.
  public let line: Int
  /// The character in the line, from 1.
  public let column: Int
  /// What is wrong there, in lower case; never a value.
  public let problem: String

  /// An error at a byte of the text.
  init(_ problem: String, at offset: Int, in text: Span<UInt8>) {
    var (line, column) = (1, 1)
    for index in 0..<min(offset, text.count) {
      if text[index] == UInt8(ascii: "\n") {
        (line, column) = (line + 1, 1)
      } else if text[index] & 0xc0 != 0x80 {
        column += 1
      }
    }
    (self.line, self.column, self.problem) = (line, column, problem)
  }
}
