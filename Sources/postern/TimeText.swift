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
    // The reader of JSON knows all that RFC 3339 says.
    var json = JSONObject()
    json.add("start_time", JSONObject.quoted("\(words[0])T\(time)"))
    let bytes = Array(json.text.utf8)
    var encoded = ByteBuffer()
    let arena = Arena(initialBytes: 1 << 10)
    guard (try? PosternV1.ListEventsRequest.encode(json: bytes.span, into: &encoded)) != nil,
      let request = try? PosternV1.ListEventsRequest(decoding: encoded.bytes, in: arena),
      let found = request.startTime
    else { return nil }
    (seconds, nanoseconds) = (found.seconds, found.nanos)
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
