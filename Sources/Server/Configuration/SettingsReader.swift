/// Reads the JSON5 of a configuration file: one object whose values are strings, numbers, or lists
/// of them. It says where it stopped, by line and column.
///
/// Not Foundation's reader: that traps on some malformed keys and numbers, as fuzzing showed, and a
/// daemon that is started on a bad file has to say what is wrong with it.
package struct SettingsReader {
  /// One key with its values, a number as it is written.
  package struct Entry {
    package let key: String
    package fileprivate(set) var values: [String]
    package let line: Int
  }

  /// More keys than there are settings.
  private static let mostEntries = 256

  private let scalars: [Unicode.Scalar]
  private var position = 0

  private init(_ text: String) { scalars = Array(text.unicodeScalars) }

  /// The entries of a file's text, in its order, each key once.
  package static func read(_ text: String) throws(SettingsError) -> [Entry] {
    var reader = SettingsReader(text)
    let entries = try reader.object()
    try reader.skipBlanks()
    guard reader.current == nil else { throw reader.expected("nothing behind the last `}`") }
    return entries
  }

  private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func object() throws(SettingsError) -> [Entry] {
    try take("{")
    var entries: [Entry] = []
    while try !takeIf("}") {
      let line = place.line
      let key = try key()
      guard !entries.contains(where: { $0.key == key }) else {
        throw error("the key `\(key)` is given twice")
      }
      try take(":")
      guard entries.count < Self.mostEntries else { throw error("there are too many keys") }
      entries.append(Entry(key: key, values: try values(), line: line))
      guard try !takeIf("}") else { return entries }
      try take(",")
    }
    return entries
  }

  private mutating func values() throws(SettingsError) -> [String] {
    guard try takeIf("[") else { return [try value()] }
    var values: [String] = []
    while try !takeIf("]") {
      values.append(try value())
      guard try !takeIf("]") else { return values }
      try take(",")
    }
    return values
  }

  private mutating func key() throws(SettingsError) -> String {
    try skipBlanks()
    if let quote = current, quote == "\"" || quote == "'" { return try string(quote) }
    let word = word { $0 == "_" || $0 == "$" || Self.isLetter($0) || Self.isDigit($0) }
    guard let first = word.unicodeScalars.first, !Self.isDigit(first) else {
      throw expected("a key or `}`")
    }
    return word
  }

  private mutating func value() throws(SettingsError) -> String {
    try skipBlanks()
    if let quote = current, quote == "\"" || quote == "'" { return try string(quote) }
    let word = word { $0 == "+" || $0 == "-" || Self.isLetter($0) || Self.isDigit($0) }
    if word == "true" || word == "false" { return word }
    let digits = word.hasPrefix("+") ? String(word.dropFirst()) : word
    if digits.lowercased().hasPrefix("0x"), let value = UInt64(digits.dropFirst(2), radix: 16) {
      return String(value)
    }
    guard let value = Int(digits), String(value) == digits else {
      throw expected("a string, a whole number, or a list of them")
    }
    return digits
  }

  private mutating func word(_ belongs: (Unicode.Scalar) -> Bool) -> String {
    var word = ""
    while let scalar = current, belongs(scalar) {
      word.unicodeScalars.append(scalar)
      position += 1
    }
    return word
  }

  private mutating func string(_ quote: Unicode.Scalar) throws(SettingsError) -> String {
    position += 1
    var text = ""
    while let scalar = current {
      position += 1
      if scalar == quote { return text }
      guard scalar != "\n" else { break }
      guard scalar == "\\" else {
        text.unicodeScalars.append(scalar)
        continue
      }
      if let escaped = try escape() { text.unicodeScalars.append(escaped) }
    }
    position -= 1
    throw expected("the end of a string")
  }

  /// The scalar that an escape stands for; nil for an escaped end of line, which stands for
  /// nothing.
  private mutating func escape() throws(SettingsError) -> Unicode.Scalar? {
    guard let scalar = current else { throw expected("an escape") }
    position += 1
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
    default:
      guard !Self.isDigit(scalar) else { throw error("an escape of a digit means nothing") }
      return scalar
    }
  }

  /// Passes white space and comments.
  private mutating func skipBlanks() throws(SettingsError) {
    while let scalar = current {
      let next = position + 1 < scalars.count ? scalars[position + 1] : nil
      if scalar.properties.isWhitespace || scalar == "\u{feff}" {
        position += 1
      } else if scalar == "/", next == "/" {
        while let scalar = current, scalar != "\n" { position += 1 }
      } else if scalar == "/", next == "*" {
        position += 2
        while !(current == "*" && position + 1 < scalars.count && scalars[position + 1] == "/") {
          guard current != nil else { throw expected("the end of a comment") }
          position += 1
        }
        position += 2
      } else {
        return
      }
    }
  }

  private mutating func takeIf(_ scalar: Unicode.Scalar) throws(SettingsError) -> Bool {
    try skipBlanks()
    guard current == scalar else { return false }
    position += 1
    return true
  }

  private mutating func take(_ scalar: Unicode.Scalar) throws(SettingsError) {
    guard try takeIf(scalar) else { throw expected("`\(scalar)`") }
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  private var place: (line: Int, column: Int) {
    let before = scalars[..<position]
    let start = before.lastIndex(of: "\n").map { $0 + 1 } ?? 0
    return (before.count { $0 == "\n" } + 1, position - start + 1)
  }

  private func expected(_ what: String) -> SettingsError { error("expected \(what)") }

  private func error(_ problem: String) -> SettingsError {
    SettingsError(line: place.line, column: place.column, problem: problem)
  }
}
