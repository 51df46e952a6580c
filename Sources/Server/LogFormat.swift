internal import Messages

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
      pairs.map { key, value in "\(key)=\(Self.isWord(value) ? value : JSONText.quoted(value))" }
        .joined(separator: " ")
    case .json:
      "{"
        + pairs.map { key, value in "\"\(key)\":\(JSONText.quoted(value))" }.joined(separator: ",")
        + "}"
    }
  }

  private static func isWord(_ value: String) -> Bool {
    !value.isEmpty
      && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d }
  }
}
