/// How long calls took, in nanoseconds, to be asked for percentiles.
struct Latencies: Sendable {
  private var samples: [Int64] = []

  init(_ samples: [Int64] = []) {
    self.samples = samples
  }

  var count: Int { samples.count }

  mutating func add(_ nanoseconds: Int64) { samples.append(nanoseconds) }

  mutating func add(_ others: Latencies) { samples += others.samples }

  /// The same with the calls that a closed loop did not make while it waited for a slow answer.
  ///
  /// A client that calls every `interval` would have made one at each interval of the wait, and
  /// each would have waited for the rest of it. So a call that took `n` intervals stands for calls
  /// of `n - 1`, `n - 2`, ... intervals too, as in HdrHistogram.
  func corrected(intervalNanoseconds interval: Int64) -> Latencies {
    var all = self
    guard interval > 0 else { return all }
    for sample in samples {
      var rest = sample - interval
      while rest >= interval {
        all.add(rest)
        rest -= interval
      }
    }
    return all
  }

  /// Sorted once, to ask for several percentiles; nil without calls.
  var sorted: SortedLatencies? { SortedLatencies(samples) }
}

/// Latencies in order.
struct SortedLatencies {
  private let samples: [Int64]

  fileprivate init?(_ samples: [Int64]) {
    guard !samples.isEmpty else { return nil }
    self.samples = samples.sorted()
  }

  /// The least latency that at least so many percent of the calls did not exceed, in nanoseconds:
  /// the nearest rank. With fewer than 10,000 calls the 99.99th is the longest.
  func percentile(_ percent: Double) -> Int64 {
    let count = Double(samples.count)
    // 99.9 % of 1,000 is a little more than 999 in binary.
    let rank = (percent / 100 * count - count * 1e-12).rounded(.up)
    return samples[min(max(Int(rank), 1), samples.count) - 1]
  }
}
