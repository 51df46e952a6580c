// A strict JSON5 reader for files that people write. It reads one value, and every part knows its
// line and column. A duplicate key in an object is an error.
//
// It does not use Foundation's reader, which traps on some malformed keys and numbers, as fuzzing
// showed: a daemon that is started on a bad file must report what is wrong with it. It accepts
// whole numbers only: no file here needs others.

/// Reads a text.
package struct JSON5Reader {
  private let scalars: [Unicode.Scalar]
  private let limits: JSON5Limits
  private var position = 0
  private var line = 1
  private var lineStart = 0
  private var count = 0

  private init(_ text: String, _ limits: JSON5Limits) {
    scalars = Array(text.unicodeScalars)
    self.limits = limits
  }

  /// Reads the value of a text.
  package static func read(
    _ text: String, limits: JSON5Limits = JSON5Limits()
  ) throws(JSON5Error) -> JSON5Value {
    var reader = JSON5Reader(text, limits)
    let value = try reader.value(depth: 0)
    try reader.skipBlanks()
    guard reader.current == nil else {
      throw reader.expected(
        "nothing behind the \(value.kind == "an object" ? "last `}`" : "value")")
    }
    return value
  }

  private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private var place: JSON5Place { JSON5Place(line: line, column: position - lineStart + 1) }

  /// Skips one character.
  private mutating func advance() {
    if scalars[position] == "\n" {
      line += 1
      lineStart = position + 1
    }
    position += 1
  }

  private mutating func value(depth: Int) throws(JSON5Error) -> JSON5Value {
    try skipBlanks()
    let start = place
    try count(at: start)
    switch current {
    case "{":
      guard depth < limits.depth else { throw JSON5Error(start, "this is nested too deeply") }
      return JSON5Value(content: .object(try members(depth: depth + 1)), place: start)
    case "[":
      guard depth < limits.depth else { throw JSON5Error(start, "this is nested too deeply") }
      return JSON5Value(content: .list(try elements(depth: depth + 1)), place: start)
    case .some(let quote) where quote == "\"" || quote == "'":
      return JSON5Value(content: .string(try string(quote)), place: start)
    default:
      return JSON5Value(content: try word(at: start), place: start)
    }
  }

  private mutating func count(at place: JSON5Place) throws(JSON5Error) {
    count += 1
    guard count <= limits.values else {
      throw JSON5Error(place, "there are more than \(limits.values) values and keys")
    }
  }

  private mutating func members(depth: Int) throws(JSON5Error) -> [JSON5Member] {
    try take("{")
    var members: [JSON5Member] = []
    var keys: Set<String> = []
    while try !takeIf("}") {
      let start = place
      try count(at: start)
      let key = try key()
      guard keys.insert(key).inserted else {
        throw JSON5Error(start, "the key `\(key)` is given twice")
      }
      try take(":")
      members.append(JSON5Member(key: key, place: start, value: try value(depth: depth)))
      guard try !takeIf("}") else { return members }
      try take(",")
    }
    return members
  }

  private mutating func elements(depth: Int) throws(JSON5Error) -> [JSON5Value] {
    try take("[")
    var elements: [JSON5Value] = []
    while try !takeIf("]") {
      elements.append(try value(depth: depth))
      guard try !takeIf("]") else { return elements }
      try take(",")
    }
    return elements
  }

  private mutating func key() throws(JSON5Error) -> String {
    let start = place
    if let quote = current, quote == "\"" || quote == "'" { return try string(quote) }
    let word = letters { $0 == "_" || $0 == "$" || Self.isLetter($0) || Self.isDigit($0) }
    guard let first = word.unicodeScalars.first, !Self.isDigit(first) else {
      throw JSON5Error(start, "expected a key or `}`")
    }
    return word
  }

  /// Reads a value without quotes.
  private mutating func word(at start: JSON5Place) throws(JSON5Error) -> JSON5Value.Content {
    let word = letters {
      $0 == "+" || $0 == "-" || $0 == "." || Self.isLetter($0) || Self.isDigit($0)
    }
    switch word {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "null": return .null
    default: break
    }
    let digits = word.hasPrefix("+") ? String(word.dropFirst()) : word
    if digits.lowercased().hasPrefix("0x"), let value = UInt64(digits.dropFirst(2), radix: 16) {
      return .number(String(value))
    }
    guard let value = Int(digits), String(value) == digits else {
      let found = word.isEmpty ? "" : ", not `\(word.prefix(32))`"
      throw JSON5Error(start, "expected a value\(found)")
    }
    return .number(digits)
  }

  private mutating func letters(_ belongs: (Unicode.Scalar) -> Bool) -> String {
    var word = ""
    while let scalar = current, belongs(scalar) {
      word.unicodeScalars.append(scalar)
      advance()
    }
    return word
  }

  private mutating func string(_ quote: Unicode.Scalar) throws(JSON5Error) -> String {
    advance()
    var text = ""
    while let scalar = current {
      guard scalar != "\n" else { break }
      advance()
      if scalar == quote { return text }
      guard scalar == "\\" else {
        text.unicodeScalars.append(scalar)
        continue
      }
      if let escaped = try escape() { text.unicodeScalars.append(escaped) }
    }
    throw expected("the end of a string")
  }

  /// The scalar of an escape; nil for an escaped line end, which is dropped.
  private mutating func escape() throws(JSON5Error) -> Unicode.Scalar? {
    guard let scalar = current else { throw expected("an escape") }
    guard !Self.isDigit(scalar) else {
      throw JSON5Error(place, "an escape of a digit means nothing")
    }
    advance()
    switch scalar {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "\n": return nil
    case "u", "x":
      let count = scalar == "u" ? 4 : 2
      let digits = scalars[position...].prefix(count).map(String.init).joined()
      guard digits.utf8.count == count, let value = UInt32(digits, radix: 16),
        let meant = Unicode.Scalar(value)
      else { throw expected("\(count) hexadecimal digits of a character") }
      position += count
      return meant
    default: return scalar
    }
  }

  /// Skips white space and comments.
  private mutating func skipBlanks() throws(JSON5Error) {
    while let scalar = current {
      let next = position + 1 < scalars.count ? scalars[position + 1] : nil
      if scalar.properties.isWhitespace || scalar == "\u{feff}" {
        advance()
      } else if scalar == "/", next == "/" {
        while let scalar = current, scalar != "\n" { advance() }
      } else if scalar == "/", next == "*" {
        try skipComment()
      } else {
        return
      }
    }
  }

  private mutating func skipComment() throws(JSON5Error) {
    advance()
    advance()
    while !(current == "*" && position + 1 < scalars.count && scalars[position + 1] == "/") {
      guard current != nil else { throw expected("the end of a comment") }
      advance()
    }
    advance()
    advance()
  }

  private mutating func takeIf(_ scalar: Unicode.Scalar) throws(JSON5Error) -> Bool {
    try skipBlanks()
    guard current == scalar else { return false }
    advance()
    return true
  }

  private mutating func take(_ scalar: Unicode.Scalar) throws(JSON5Error) {
    guard try takeIf(scalar) else { throw expected("`\(scalar)`") }
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  private func expected(_ what: String) -> JSON5Error { JSON5Error(place, "expected \(what)") }
}
