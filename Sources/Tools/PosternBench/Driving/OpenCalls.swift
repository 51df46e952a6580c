/// The calls of an open loop: each is due at its time, whether or not earlier ones were answered.
///
/// A latency counts from when a call was due, not from when it was sent. So a server that stalls
/// shows it in every call that fell due meanwhile. A closed loop makes no call then, and so has one
/// slow call in place of many (coordinated omission).
///
/// Calls go to connections in turn, and a server answers those of a connection in order: so the
/// number of an answer tells which call it belongs to.
struct OpenCalls {
  private let beginNanoseconds: Int64
  private let nanosecondsPerCall: Double
  private let callCount: Int
  /// The first calls, which warm up and are not counted.
  private let skippedCount: Int
  private var answeredCounts: [Int]
  private var answeredCount = 0
  private(set) var askedCount = 0
  private(set) var latencies = Latencies()

  init(_ rate: OpenRate, connectionCount: Int, beginNanoseconds: Int64) {
    self.beginNanoseconds = beginNanoseconds
    nanosecondsPerCall = 1e9 / rate.callsPerSecond
    callCount = Int(rate.callsPerSecond * (rate.warmUpSeconds + rate.seconds))
    skippedCount = Int(rate.callsPerSecond * rate.warmUpSeconds)
    answeredCounts = Array(repeating: 0, count: connectionCount)
  }

  private func dueNanoseconds(of call: Int) -> Int64 {
    beginNanoseconds + Int64(Double(call) * nanosecondsPerCall)
  }

  /// When the next call is due; nil if all were made.
  var nextDueNanoseconds: Int64? {
    askedCount < callCount ? dueNanoseconds(of: askedCount) : nil
  }

  /// The connection that the next call goes to.
  var nextConnection: Int { askedCount % answeredCounts.count }

  var isOver: Bool { answeredCount >= callCount }

  /// The next call was made.
  mutating func ask() { askedCount += 1 }

  /// A connection had so many answers.
  mutating func hear(_ count: Int, on connection: Int, atNanoseconds now: Int64) {
    for _ in 0..<count {
      let call = connection + answeredCounts[connection] * answeredCounts.count
      answeredCounts[connection] += 1
      if call >= skippedCount { latencies.add(now - dueNanoseconds(of: call)) }
    }
    answeredCount += count
  }
}

/// How often an open loop calls, and for how long.
struct OpenRate: Sendable {
  let callsPerSecond: Double
  let seconds: Double
  var warmUpSeconds = 0.2
}
