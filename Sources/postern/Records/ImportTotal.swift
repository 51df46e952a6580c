internal import Messages

/// The total changes of all messages of an import.
struct ImportTotal {
  /// By the names of the answer's fields.
  private var counts: [String: UInt64] = [:]
  private var revision: UInt64 = 0

  private static let names = [
    "organization_count", "user_count", "team_count", "resource_count", "unchanged_count",
  ]

  /// Adds an encoded answer; false if it can't be decoded.
  mutating func add(_ answer: [UInt8]) -> Bool {
    let arena = Arena(initialBytes: 1 << 10)
    guard let response = try? PosternV1.ImportResponse(decoding: answer.span, in: arena) else {
      return false
    }
    for name in Self.names {
      if case .unsigned(let count) = response.fields[name] { counts[name, default: 0] += count }
    }
    revision = response.revision
    return true
  }

  func fill(_ response: PosternV1.ImportResponse.Builder) {
    for (name, count) in counts { response.set(name, to: .unsigned(count)) }
    response.setRevision(revision)
  }

  /// The sentence for people.
  var sentence: String {
    let nouns = ["organization", "user", "team", "resource", "record"]
    let texts = zip(Self.names, nouns).map { CountText.of(counts[$0] ?? 0, $1) }
    return "created or changed \(texts[0]), \(texts[1]), \(texts[2]) and \(texts[3]);"
      + " \(texts[4]) changed nothing (revision \(revision))"
  }
}
