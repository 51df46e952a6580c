internal import Messages
internal import Testing

/// Calendar dates of seconds since 1970, known from elsewhere or from a slow calendar.
@Suite struct JSONTimeTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
      (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
      (951_868_800, "2000-03-01T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
      (1_777_636_800, "2026-05-01T12:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
      (-62_135_596_800, "0001-01-01T00:00:00Z"), (Int64.max, "9999-12-31T23:59:59Z"),
      (Int64.min, "0001-01-01T00:00:00Z"),
    ] as [(Int64, String)])
  func knownTimes(seconds: Int64, text: String) {
    #expect(JSONTime(seconds: seconds).text() == text)
  }

  @Test func everyDayOfFourCenturiesFollowsTheOneBefore() {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as [Int64]
    var (year, month, day): (Int64, Int64, Int64) = (1800, 1, 1)
    for index in 0..<Int64(146_097) {
      let time = JSONTime(seconds: -5_364_662_400 + index * 86_400)
      guard time.year == year, time.month == month, time.day == day else {
        Issue.record("\(time) is not \(year)-\(month)-\(day)")
        return
      }
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      day += 1
      if day > lengths[Int(month) - 1] + (month == 2 && isLeap ? 1 : 0) {
        (month, day) = (month + 1, 1)
      }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
  }

  @Test(
    arguments: [
      (0, ""), (1, ".000000001"), (20_000, ".000020"), (250_000_000, ".250"), (-5, ""),
    ] as [(Int32, String)])
  func fractions(nanoseconds: Int32, text: String) {
    #expect(JSONTime(seconds: 0).text(nanoseconds: nanoseconds) == "1970-01-01T00:00:00\(text)Z")
  }
}
