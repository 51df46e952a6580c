extension JSONTime {
  /// Reads a time as `text` writes it: the seconds since 1970, and nanoseconds; nil for anything
  /// else. The fraction may have one to nine digits.
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
    // Years begin in March, as where the seconds become a date.
    let shiftedYear = month > 2 ? year : year - 1
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days =
      era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
    // A day that the month doesn't have would be another one's.
    let time = JSONTime(seconds: seconds)
    guard time.day == day, time.month == month else { return nil }
    return (seconds, nanoseconds)
  }
}
