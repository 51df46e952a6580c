internal import Messages

/// A JSON object that is written member by member.
struct JSONObject {
  private var members: [String] = []

  /// Adds a member whose value is already JSON.
  mutating func add(_ name: String, _ value: String) {
    members.append("\(Self.quoted(name)):\(value)")
  }

  var text: String { "{" + members.joined(separator: ",") + "}" }

  static func number(_ quantile: Quantile?) -> String {
    quantile.map { "\($0.seconds)" } ?? "null"
  }

  static func quoted(_ text: String) -> String { JSONText.quoted(text) }
}
