internal import Messages

extension PosternV1.Event.Builder {
  /// Adds a field with its values before and after the change, unless both are empty.
  func add(_ field: StaticString, before: Span<UInt8> = Span(), after: Span<UInt8> = Span()) {
    guard !before.isEmpty || !after.isEmpty else { return }
    let change = addChanges()
    change.setField("\(field)")
    change.setBefore(before)
    change.setAfter(after)
  }

  /// The same for values that are strings.
  func add(_ field: StaticString, before: String = "", after: String = "") {
    add(field, before: before.utf8Span.span, after: after.utf8Span.span)
  }

  /// The same for a boolean field; nil means that the object doesn't exist before or after.
  func add(_ field: StaticString, before: Bool? = nil, after: Bool? = nil) {
    add(
      field, before: before.map { $0 ? "true" : "false" } ?? "",
      after: after.map { $0 ? "true" : "false" } ?? "")
  }
}

extension Int64 {
  /// A time in nanoseconds since 1970-01-01T00:00:00Z, in the form of RFC 3339, to the second.
  var timeText: String {
    let time = JSONTime(seconds: self / 1_000_000_000)
    func padded(_ number: Int64, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
    let date = [padded(time.year, 4), padded(time.month, 2), padded(time.day, 2)]
    let clock = [time.hour, time.minute, time.second].map { padded($0, 2) }
    return "\(date.joined(separator: "-"))T\(clock.joined(separator: ":"))Z"
  }
}
