internal import Ledger
internal import Messages
internal import RPC

/// Which days and methods of tokens' usage are listed.
struct UsageFilter {
  let firstDay: UInt16
  /// The day behind the last; nil for none.
  private let endDay: Int?
  /// Empty for all.
  private let method: [UInt8]

  init(_ request: PosternV1.GetUsageRequest) throws(Status) {
    var first: UInt16 = 0
    if let time = request.startTime {
      first = UsageDay.number(ofNanoseconds: try Fields.time(time, "start_time"))
    }
    firstDay = first
    var end: Int?
    if let time = request.endTime {
      let nanoseconds = try Fields.time(time, "end_time")
      let day = UsageDay.number(ofNanoseconds: nanoseconds)
      let isWhole = UsageDay.beginNanoseconds(day) >= nanoseconds
      end = Int(day) + (isWhole ? 0 : 1)
    }
    endDay = end
    method = Array(copying: request.method)
  }

  /// Whether a row is of a day after those that are listed, as are all that follow it.
  func isBehind(_ row: UsageRow) -> Bool { endDay.map { Int(row.day) >= $0 } ?? false }

  /// Whether a row is of a method that is listed.
  func admits(_ row: UsageRow) -> Bool {
    if method.isEmpty { return true }
    let name = row.method
    if name.isEqual(to: method.span) { return true }
    let start = name.count - method.count
    return start > 0 && name[start - 1] == UInt8(ascii: "/")
      && name.extracting(start..<name.count).isEqual(to: method.span)
  }
}
