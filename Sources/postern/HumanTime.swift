internal import Messages

/// Points in time for people.
package enum HumanTime {
  /// Such as `2026-05-01 12:00:00 UTC`, for logs.
  static func exact(_ seconds: Int64) -> String {
    let civil = JSONTime(seconds: seconds)
    return "\(civil.date) \(civil.timeOfDay) UTC"
  }

  /// Such as `2026-05-01 12:00:00 UTC (in 29 days)`.
  static func long(_ seconds: Int64, nowSeconds: Int64) -> String {
    "\(exact(seconds)) (\(distance(seconds, from: nowSeconds)))"
  }

  /// Such as `in 29 days` or `3 hours ago`, for tables.
  package static func distance(_ seconds: Int64, from nowSeconds: Int64) -> String {
    let (difference, overflows) = seconds.subtractingReportingOverflow(nowSeconds)
    if overflows { return "far away" }
    if difference == 0 { return "now" }
    let words = length(difference.magnitude)
    return difference > 0 ? "in \(words)" : "\(words) ago"
  }

  /// Such as `29 days`.
  static func length(_ length: UInt64) -> String {
    // Rounded to the nearest: a token issued for 30 days a second ago still shows 30.
    func nearest(_ seconds: UInt64) -> UInt64 { length / seconds + length % seconds * 2 / seconds }
    let (minutes, hours) = (nearest(60), nearest(3_600))
    return if length < 60 {
      CountText.of(length, "second")
    } else if minutes < 60 {
      CountText.of(minutes, "minute")
    } else if hours < 48 {
      CountText.of(hours, "hour")
    } else {
      CountText.of(nearest(86_400), "day")
    }
  }
}

/// Durations as people type them: `90s`, `30m`, `12h`, `7d`, `2w`, or several in a row.
package enum DurationText {
  /// The seconds in `text`; nil if it isn't a duration or is longer than a thousand years.
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

/// A point in time as people type it: `2h` for two hours ago, a date, or a date and a time of the
/// day in UTC. It also accepts times as this program prints them.
package struct TimeText: Equatable {
  /// Since 1970-01-01T00:00:00Z.
  package let seconds: Int64
  package let nanoseconds: Int32

  package init?(_ text: String, nowSeconds: Int64) {
    if let length = DurationText.seconds(text) {
      (seconds, nanoseconds) = (nowSeconds - length, 0)
      return
    }
    let civil = text.hasSuffix(" UTC") ? text.dropLast(4) : text[...]
    let words = civil.split(
      maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { " Tt".contains($0) })
    var time = words.count == 2 ? String(words[1]) : "00:00"
    if time.count == 5 { time += ":00" }
    if !time.contains(where: { "Zz+-".contains($0) }) { time += "Z" }
    guard let found = JSONTime.parse(Array("\(words[0])T\(time)".utf8)) else { return nil }
    (seconds, nanoseconds) = (found.seconds, Int32(found.nanoseconds))
  }

  /// Such as `2026-05-01 12:00:00 UTC`.
  var description: String { HumanTime.exact(seconds) }
}

/// Counts of things, for people.
enum CountText {
  /// Such as `1 record` or `12 records`: every number but one gets an `s`.
  static func of(_ number: some BinaryInteger, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
