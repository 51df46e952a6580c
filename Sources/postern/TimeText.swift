internal import Messages

/// A point in time as people type it: `2h` for two hours ago, a date, or a date and a time of the
/// day in UTC, also as this program prints them.
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

  func write(into time: GoogleProtobuf.Timestamp.Builder) {
    time.setSeconds(seconds)
    time.setNanos(nanoseconds)
  }

  /// As `2026-05-01 12:00:00 UTC`.
  var description: String {
    let civil = JSONTime(seconds: seconds)
    return "\(civil.date) \(civil.timeOfDay) UTC"
  }
}
