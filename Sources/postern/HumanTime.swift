internal import Messages

/// Points in time for people.
package enum HumanTime {
  /// As `in 29 days`, for tables; nothing for none.
  static func short(_ time: GoogleProtobuf.Timestamp?, nowSeconds: Int64) -> String {
    guard let time else { return "" }
    return distance(time.seconds, from: nowSeconds)
  }

  /// As `2026-05-01 12:00:00 UTC`, for logs; nothing for none.
  static func exact(_ time: GoogleProtobuf.Timestamp?) -> String {
    guard let time else { return "" }
    let civil = JSONTime(seconds: time.seconds)
    return "\(civil.date) \(civil.timeOfDay) UTC"
  }

  /// As `2026-05-01 12:00:00 UTC (in 29 days)`; nothing for none.
  static func long(_ time: GoogleProtobuf.Timestamp?, nowSeconds: Int64) -> String {
    guard let time else { return "" }
    return "\(exact(time)) (\(distance(time.seconds, from: nowSeconds)))"
  }

  /// As `in 29 days` or `3 hours ago`.
  package static func distance(_ seconds: Int64, from nowSeconds: Int64) -> String {
    let (difference, overflows) = seconds.subtractingReportingOverflow(nowSeconds)
    if overflows { return "far away" }
    let length = difference.magnitude
    let (count, unit): (UInt64, String) =
      switch length {
      case 0..<60: (length, "second")
      case 60..<3_600: (length / 60, "minute")
      case 3_600..<172_800: (length / 3_600, "hour")
      default: (length / 86_400, "day")
      }
    if length == 0 { return "now" }
    let words = "\(count) \(unit)\(count == 1 ? "" : "s")"
    return difference > 0 ? "in \(words)" : "\(words) ago"
  }
}
