internal import Platform

/// Writes log lines to standard error: one event a line, as `key=value` pairs.
///
/// No secret goes into a line: values are paths, numbers, and sentences that the daemon made.
package struct Log: Sendable {
  let level: LogLevel

  package init(level: LogLevel) { self.level = level }

  /// Writes an event, if its level is asked for.
  package func write(_ level: LogLevel, _ event: String, _ fields: [(String, String)] = []) {
    guard level.rawValue <= self.level.rawValue else { return }
    var line = "time=\(Self.timestamp(Clock.wallNanoseconds())) level=\(level.name)"
    line += " event=\(Self.quoted(event))"
    for (key, value) in fields { line += " \(key)=\(Self.quoted(value))" }
    StandardError.write(line + "\n")
  }

  /// A value as it stands, or between quotes when it would not be one word.
  private static func quoted(_ value: String) -> String {
    let isPlain = value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d }
    if isPlain, !value.isEmpty { return value }
    var quoted = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f: quoted += "?"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// RFC 3339 in UTC, to the microsecond.
  private static func timestamp(_ nanoseconds: Int64) -> String {
    let seconds = nanoseconds / 1_000_000_000
    let (days, inDay) = (seconds / 86400, seconds % 86400)
    let date = civil(days)
    func padded(_ value: Int64, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T"
      + "\(padded(inDay / 3600, 2)):\(padded(inDay / 60 % 60, 2)):\(padded(inDay % 60, 2))."
      + "\(padded(nanoseconds / 1000 % 1_000_000, 6))Z"
  }

  /// The Gregorian date of a number of days since 1970, in eras of 400 years that begin in March.
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }
}
