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
    if difference == 0 { return "now" }
    let words = length(difference.magnitude)
    return difference > 0 ? "in \(words)" : "\(words) ago"
  }

  /// As `29 days`.
  static func length(_ length: UInt64) -> String {
    // To the nearest: a token that was issued for 30 days a second ago has not 29.
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
