/// Lengths of time as people type them: `90s`, `30m`, `12h`, `7d`, `2w`, or several in a row.
package enum DurationText {
  /// The seconds that `text` says; nil if it isn't a length of time or is longer than a thousand
  /// years.
  package static func seconds(_ text: String) -> Int64? {
    var total: Int64 = 0
    var digits = ""
    for character in text {
      if character.isASCII, character.isNumber {
        digits.append(character)
        continue
      }
      guard let unit = units[character], let count = Int64(digits), count <= 366_000 * 86_400 else {
        return nil
      }
      total += count * unit
      guard total <= 366_000 * 86_400 else { return nil }
      digits = ""
    }
    return digits.isEmpty && !text.isEmpty ? total : nil
  }

  private static let units: [Character: Int64] = [
    "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800,
  ]
}
