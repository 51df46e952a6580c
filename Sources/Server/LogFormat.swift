/// How a log line is written.
package enum LogFormat: String, Sendable, CaseIterable {
  /// `key=value` pairs, quoted where a value is not one word.
  case text
  /// One JSON object, every value a string.
  case json

  /// One line of these pairs, without its end.
  package func line(_ pairs: [(String, String)]) -> String {
    switch self {
    case .text:
      pairs.map { key, value in "\(key)=\(Self.isWord(value) ? value : Self.quoted(value))" }
        .joined(separator: " ")
    case .json:
      "{" + pairs.map { key, value in "\"\(key)\":\(Self.quoted(value))" }.joined(separator: ",")
        + "}"
    }
  }

  private static func isWord(_ value: String) -> Bool {
    !value.isEmpty
      && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d }
  }

  /// A JSON string. Control characters are replaced, so that a value can't begin a new line.
  private static func quoted(_ value: String) -> String {
    var quoted = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f: quoted += "?"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
