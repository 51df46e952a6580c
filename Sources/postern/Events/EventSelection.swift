internal import Messages

/// Kinds of events as words, such as `token_issued`.
package enum EventKindText {
  private static let prefix = "EVENT_KIND_"

  /// No kind has a higher number; a test checks this.
  package static let maximumNumber: Int32 = 99

  /// All of them, by number.
  package static let names = (1...maximumNumber).map { PosternV1.EventKind(rawValue: $0) }
    .filter { $0.name != nil }.map(text)

  static func text(_ kind: PosternV1.EventKind) -> String {
    kind.name.map { $0.dropFirst(prefix.count).lowercased() } ?? String(kind.rawValue)
  }

  /// The names of the kinds that the values of `--kind` name. A value is one kind, or the first
  /// word of several.
  static func words(_ values: [String]) throws(Failure) -> [String] {
    var found: [String] = []
    for value in values.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let word = value.lowercased().replacing("-", with: "_")
      let matching = names.filter {
        $0 == word || $0.hasPrefix(word + "_") || $0.hasPrefix(word + "s_")
      }
      guard !matching.isEmpty else {
        let question = Nearest.question(word, among: names)
        throw .misuse(
          "`\(value)` is not a kind of change"
            + (question.isEmpty ? ": there are \(names.joined(separator: ", "))" : question))
      }
      found += matching.filter { !found.contains($0) }
    }
    return found
  }
}
