/// A point in time in the proleptic Gregorian calendar in UTC, as RFC 3339 writes it.
public struct JSONTime: Sendable, Equatable {
  /// The year, from 1 to 9999.
  public let year: Int64
  /// The month, from 1.
  public let month: Int64
  /// The day of the month, from 1.
  public let day: Int64
  /// The hour, from 0.
  public let hour: Int64
  /// The minute, from 0.
  public let minute: Int64
  /// The second, from 0 to 59.
  public let second: Int64

  /// The time `seconds` after 1970-01-01T00:00:00Z, without leap seconds. Times before the year 1
  /// or after 9999, which RFC 3339 can't write, are clamped to these bounds.
  public init(seconds: Int64) {
    let clamped = min(max(seconds, -62_135_596_800), 253_402_300_799)
    let days = clamped >= 0 ? clamped / 86_400 : -((86_399 - clamped) / 86_400)
    let secondOfDay = clamped - days * 86_400
    // Days are counted from a 1 March, so that the leap day is the last of its year, in eras of 400
    // years, after which the calendar repeats.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    hour = secondOfDay / 3_600
    minute = secondOfDay % 3_600 / 60
    second = secondOfDay % 60
  }

  /// The time as in `2026-05-01T12:00:00.250Z`; the fraction has 3, 6 or 9 digits, or is omitted.
  public func text(nanoseconds: Int32 = 0) -> String {
    let fraction = JSONText.fraction(nanoseconds: UInt32(max(0, min(nanoseconds, 999_999_999))))
    return "\(date)T\(timeOfDay)\(fraction)Z"
  }

  /// The date as in `2026-05-01`.
  public var date: String {
    "\(JSONTime.padded(year, 4))-\(JSONTime.padded(month, 2))-\(JSONTime.padded(day, 2))"
  }

  /// The time of the day as in `12:00:00`.
  public var timeOfDay: String {
    "\(JSONTime.padded(hour, 2)):\(JSONTime.padded(minute, 2)):\(JSONTime.padded(second, 2))"
  }

  private static func padded(_ value: Int64, _ count: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
  }
}

extension JSONTime {
  /// Reads a time in the form that `text` writes: the seconds since 1970, and nanoseconds; nil for
  /// anything else. The fraction may have one to nine digits.
  package static func parse(_ text: [UInt8]) -> (seconds: Int64, nanoseconds: UInt32)? {
    let pattern = Array("dddd-dd-ddTdd:dd:dd".utf8)
    guard text.count > pattern.count, text.last == UInt8(ascii: "Z") else { return nil }
    for (byte, expected) in zip(text, pattern) {
      let fits =
        expected == UInt8(ascii: "d") ? (0x30..<0x3a).contains(byte) : byte == expected
      guard fits else { return nil }
    }
    func number(_ range: Range<Int>) -> Int64 {
      text[range].reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
    var nanoseconds: UInt32 = 0
    if text.count > pattern.count + 1 {
      let digits = text[(pattern.count + 1)..<(text.count - 1)]
      guard text[pattern.count] == UInt8(ascii: "."), (1...9).contains(digits.count),
        digits.allSatisfy({ (0x30..<0x3a).contains($0) })
      else { return nil }
      nanoseconds = digits.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
      for _ in digits.count..<9 { nanoseconds *= 10 }
    }
    let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
    let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
    guard year > 0, (1...12).contains(month), hour < 24, minute < 60, second < 60 else {
      return nil
    }
    // Years begin in March, as in the conversion from seconds to a date.
    let shiftedYear = month > 2 ? year : year - 1
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days =
      era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
    // A day that the month doesn't have would become a day of another month.
    let time = JSONTime(seconds: seconds)
    guard time.day == day, time.month == month else { return nil }
    return (seconds, nanoseconds)
  }
}
