/// How long calls took, in microseconds: half, all but one in a hundred, all but one in a thousand
/// took no longer.
struct Latency: Encodable {
  let p50: Double
  let p99: Double
  let p999: Double

  /// Nil without calls.
  init?(_ nanoseconds: [Int64]) {
    guard !nanoseconds.isEmpty else { return nil }
    let sorted = nanoseconds.sorted()
    func rank(_ perMille: Int) -> Double {
      Double(sorted[(sorted.count - 1) * perMille / 1000]) / 1e3
    }
    p50 = rank(500)
    p99 = rank(990)
    p999 = rank(999)
  }
}
