extension JSONText {
  /// `text` as a string of JSON (RFC 8259), with its quotes.
  ///
  /// Beyond what JSON asks for, every control character is escaped, so that the text can neither
  /// steer a terminal nor begin a line of its own, as are the line separators that JavaScript
  /// doesn't allow in a string.
  package static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// Appends `text` as a string.
  mutating func append(string text: String) { append(raw: Self.quoted(text)) }

  /// Appends `bytes` as base64 of RFC 4648, padded, in quotes.
  mutating func append(base64 bytes: Span<UInt8>) {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = "\""
    var index = 0
    while index < bytes.count {
      let left = bytes.count - index
      let first = UInt32(bytes[index])
      let second = left > 1 ? UInt32(bytes[index + 1]) : 0
      let third = left > 2 ? UInt32(bytes[index + 2]) : 0
      let group = first << 16 | second << 8 | third
      text.append(alphabet[Int(group >> 18 & 63)])
      text.append(alphabet[Int(group >> 12 & 63)])
      text.append(left > 1 ? alphabet[Int(group >> 6 & 63)] : "=")
      text.append(left > 2 ? alphabet[Int(group & 63)] : "=")
      index += 3
    }
    append(raw: text + "\"")
  }
}
