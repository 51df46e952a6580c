// The tokens of RFC 8259.
extension JSONReader {
  /// The next byte; nil at the end.
  var peek: UInt8? { position < text.count ? text[position] : nil }

  mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
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

  /// Takes a string with its quotes into `content`; `what` names what is expected here.
  mutating func readString(_ what: @autoclosure () -> String) throws(Problem) {
    guard peek == UInt8(ascii: "\"") else { throw problem("here belongs \(what())") }
    let start = position
    position += 1
    content.removeAll()
    var plainStart = position
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        content.append(text.extracting(plainStart..<position))
        position += 1
        guard content.bytes.isText else {
          throw Problem(offset: start, sentence: "this is not UTF-8 text without NUL")
        }
        return
      case UInt8(ascii: "\\"):
        content.append(text.extracting(plainStart..<position))
        try readEscape()
        plainStart = position
      case 0..<0x20: throw problem("a control character in text is written as an escape")
      default: position += 1
      }
    }
    throw Problem(offset: start, sentence: "this text has no end")
  }

  private mutating func readEscape() throws(Problem) {
    let start = position
    position += 1
    let letter = peek
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return content.append(letter ?? 0)
    case UInt8(ascii: "b"): return content.append(0x08)
    case UInt8(ascii: "f"): return content.append(0x0c)
    case UInt8(ascii: "n"): return content.append(0x0a)
    case UInt8(ascii: "r"): return content.append(0x0d)
    case UInt8(ascii: "t"): return content.append(0x09)
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
      for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { content.append(unit) }
      return
    default: break
    }
    throw Problem(offset: start, sentence: "this is not a JSON escape")
  }

  private mutating func readHexadecimal(_ start: Int) throws(Problem) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = peek?.hexadecimal else {
        throw Problem(offset: start, sentence: "this is not a JSON escape")
      }
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
    while let byte = peek, digits.utf8.count <= Self.longestNumber,
      byte == UInt8(ascii: "-") || (0x30..<0x3a).contains(byte)
    {
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

  /// The longest text of a number: that of the least one of 64 bits.
  private static var longestNumber: Int { 20 }

  /// The longest text of a time: `2026-05-01T12:00:00.123456789Z`.
  private static var longestTime: Int { 30 }

  /// Takes a time of RFC 3339 in UTC, and appends it as a `google.protobuf.Timestamp`.
  mutating func readTime(into buffer: inout ByteBuffer) throws(Problem) {
    let start = position
    try readString("a time as `2026-05-01T12:00:00Z`")
    // Only what may be a time is copied.
    guard content.count <= Self.longestTime,
      let time = JSONTime.parse(Array(copying: content.bytes))
    else {
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

extension JSONReader {
  /// Takes seconds as `1.5s`, and appends them as a `google.protobuf.Duration`.
  mutating func readDuration(into buffer: inout ByteBuffer) throws(Problem) {
    let start = position
    let wanted = "a duration as `1.5s`"
    try readString(wanted)
    guard let duration = Self.duration(content.bytes) else {
      throw Problem(offset: start, sentence: "here belongs \(wanted)")
    }
    if duration.seconds != 0 {
      buffer.append(varint: 1 << 3)
      buffer.append(varint: UInt64(bitPattern: duration.seconds))
    }
    if duration.nanoseconds != 0 {
      buffer.append(varint: 2 << 3)
      buffer.append(varint: UInt64(bitPattern: duration.nanoseconds))
    }
  }

  /// The parts of a duration, both with its sign; the seconds have at most 12 digits, as in the
  /// definition of the message.
  private static func duration(_ text: Span<UInt8>) -> (seconds: Int64, nanoseconds: Int64)? {
    guard !text.isEmpty, text[text.count - 1] == UInt8(ascii: "s") else { return nil }
    let isNegative = text[0] == UInt8(ascii: "-")
    var (whole, fraction): (Int64, Int64) = (0, 0)
    var (wholeDigits, fractionDigits) = (0, 0)
    var isFraction = false
    for index in (isNegative ? 1 : 0)..<(text.count - 1) {
      let byte = text[index]
      if byte == UInt8(ascii: "."), !isFraction {
        isFraction = true
        continue
      }
      guard (0x30..<0x3a).contains(byte) else { return nil }
      if isFraction {
        fraction = fraction * 10 + Int64(byte & 0x0f)
        fractionDigits += 1
      } else {
        whole = whole * 10 + Int64(byte & 0x0f)
        wholeDigits += 1
      }
      guard wholeDigits <= 12, fractionDigits <= 9 else { return nil }
    }
    guard wholeDigits > 0, !isFraction || fractionDigits > 0 else { return nil }
    for _ in fractionDigits..<9 { fraction *= 10 }
    return isNegative ? (-whole, -fraction) : (whole, fraction)
  }

  /// Takes paths with commas between them, and appends them as a `google.protobuf.FieldMask`. A
  /// path may be in camel case.
  mutating func readFieldMask(into buffer: inout ByteBuffer) throws(Problem) {
    try readString("names of fields with commas between them, in quotes")
    guard !content.isEmpty else { return }
    var path = ByteBuffer()
    let names = content.bytes
    for index in 0...names.count {
      guard index == names.count || names[index] == UInt8(ascii: ",") else {
        let byte = names[index]
        let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
        if isUpper { path.append(UInt8(ascii: "_")) }
        path.append(isUpper ? byte | 0x20 : byte)
        continue
      }
      buffer.append(field: 1, path.bytes)
      path.removeAll()
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
