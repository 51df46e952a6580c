/// Finds the word that a person probably meant.
package enum Nearest {
  /// `: did you mean ...?`, or nothing if no candidate is near.
  static func question(_ word: String, among candidates: [String]) -> String {
    let measured = candidates.map { ($0, distance(Array(word), Array($0))) }
    guard let best = measured.min(by: { $0.1 < $1.1 }), best.1 <= max(1, best.0.count / 3) else {
      return ""
    }
    return ": did you mean `\(best.0)`?"
  }

  /// As above, for the second word of a command: also one that means the same elsewhere.
  static func question(verb word: String, among verbs: [String]) -> String {
    if let group = synonyms.first(where: { $0.contains(word) }),
      let verb = verbs.first(where: { $0 != word && group.contains($0) })
    {
      return ": did you mean `\(verb)`?"
    }
    return question(word, among: verbs)
  }

  private static let synonyms = [
    ["create", "issue", "put", "invite", "set", "add", "new"],
    ["delete", "remove", "revoke", "rm"], ["list", "ls"], ["get", "show", "describe"],
    ["update", "rename", "edit"],
  ]

  /// The edits that turn one word into the other: a letter more, less or other, or two neighbours
  /// swapped.
  package static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var rows = [Array(0...right.count)]
    for row in left.indices {
      var next = [row + 1]
      for column in right.indices {
        let same = left[row] == right[column]
        var best = min(
          rows[row][column] + (same ? 0 : 1), rows[row][column + 1] + 1, next[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          best = min(best, rows[row - 1][column - 1] + 1)
        }
        next.append(best)
      }
      rows.append(next)
    }
    return rows[left.count][right.count]
  }
}
