extension JSONText {
  /// Appends `text` in quotes.
  ///
  /// Beyond what JSON asks for, everything that a terminal could take for an order is escaped, as
  /// are the line separators that JavaScript doesn't allow in a string.
  mutating func append(string text: String) {
    append(raw: "\"")
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": append(raw: "\\\"")
      case "\\": append(raw: "\\\\")
      case "\n": append(raw: "\\n")
      case "\r": append(raw: "\\r")
      case "\t": append(raw: "\\t")
      case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        append(raw: "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
      default: append(raw: String(scalar))
      }
    }
    append(raw: "\"")
  }

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
