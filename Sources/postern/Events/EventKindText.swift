internal import Messages

/// Kinds of events as words: `token_issued`.
package enum EventKindText {
  private static let prefix = "EVENT_KIND_"

  /// All of them, by number.
  private static let kinds = (1...maximumNumber).map { PosternV1.EventKind(rawValue: $0) }
    .filter { $0.name != nil }
  /// No kind has a higher number; a test looks.
  package static let maximumNumber: Int32 = 99

  package static let names = kinds.map(text)

  static func text(_ kind: PosternV1.EventKind) -> String {
    kind.name.map { $0.dropFirst(prefix.count).lowercased() } ?? String(kind.rawValue)
  }

  /// The kinds that the values of `--kind` name: each one kind, or with its first word all of one
  /// sort.
  static func kinds(_ values: [String]) throws(Failure) -> [PosternV1.EventKind] {
    var found: [PosternV1.EventKind] = []
    for value in values.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let word = value.lowercased().replacing("-", with: "_")
      let matching = kinds.filter { kind in
        let name = text(kind)
        return name == word || name.hasPrefix(word + "_") || name.hasPrefix(word + "s_")
      }
      guard !matching.isEmpty else {
        let question = Nearest.question(word, among: names)
        throw .misuse(
          "`\(value)` is no kind of change"
            + (question.isEmpty ? ": there are \(names.joined(separator: ", "))" : question))
      }
      found += matching.filter { !found.contains($0) }
    }
    return found
  }
}
