/// Days (UTC) by their number since 1970-01-01.
package enum UsageDay {
  /// The length of a day; there are no leap seconds in times since 1970.
  package static let nanoseconds: Int64 = 86_400_000_000_000

  /// The day of a time in nanoseconds since 1970; one that no 16 bits hold (before 1970, after
  /// 2149) counts as the nearest that they do.
  package static func number(ofNanoseconds time: Int64) -> UInt16 {
    UInt16(clamping: time >= 0 ? time / nanoseconds : -1)
  }

  /// When a day begins, in nanoseconds since 1970.
  package static func beginNanoseconds(_ day: UInt16) -> Int64 { Int64(day) * nanoseconds }
}
