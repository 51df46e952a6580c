/// A JSON object that is written member by member.
struct JSONObject {
  private var members: [String] = []

  /// Adds a member; the value is JSON already.
  mutating func add(_ name: String, _ value: String) {
    members.append("\(Self.quoted(name)):\(value)")
  }

  var text: String { "{" + members.joined(separator: ",") + "}" }

  static func number(_ quantile: Quantile?) -> String {
    quantile.map { "\($0.seconds)" } ?? "null"
  }

  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\u{0}"..<" ", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
