internal import Messages

/// The daemon's work between two readings, per second.
package struct DaemonRates {
  /// Calls and their durations.
  package struct Calls {
    /// Such as `postern.v1.TokenService/ValidateToken`.
    package let method: String
    package let perSecond: Double
    package let errorsPerSecond: Double
    package let median: Quantile?
    package let percentile99: Quantile?
  }

  /// The status in the newer reading.
  package let status: DaemonStatus
  package let seconds: Double
  /// The calls of all methods together.
  package let all: Calls
  /// The calls of each method that was called, busiest first.
  package let methods: [Calls]
  package let changesPerSecond: Double
  package let commitMedian: Quantile?
  package let commitPercentile99: Quantile?
  package let receivedBytesPerSecond: Double
  package let sentBytesPerSecond: Double
  /// By reason, in alphabetical order; only those that occurred.
  package let refusals: [(reason: String, perSecond: Double)]

  package var refusalsPerSecond: Double { refusals.reduce(0) { $0 + $1.perSecond } }

  /// The difference of two readings. If a new process has started in between, its counts began at
  /// zero, perhaps later than the first reading.
  package init(from before: DaemonReading, to newer: DaemonReading) {
    let isSame = newer.isOfSameProcess(as: before)
    let older = isSame ? before : DaemonReading(beginningAt: before.nanoseconds)
    let seconds = max(0.001, Double(newer.nanoseconds - older.nanoseconds) / 1_000_000_000)
    func rate(_ new: Double, _ old: Double) -> Double { max(0, new - old) / seconds }

    status = newer.status
    self.seconds = seconds
    var methods: [Calls] = []
    var (count, errors, durations) = (0.0, 0.0, BucketCounts())
    for (method, new) in newer.calls {
      let old = older.calls[method, default: DaemonReading.Calls()]
      let own = new.durations.since(old.durations)
      let calls = Calls(
        method, perSecond: rate(new.count, old.count), errors: rate(new.errors, old.errors),
        durations: own)
      count += calls.perSecond
      errors += calls.errorsPerSecond
      durations.join(own)
      if calls.perSecond > 0 { methods.append(calls) }
    }
    all = Calls("", perSecond: count, errors: errors, durations: durations)
    self.methods = methods.sorted {
      ($1.perSecond, $0.method) < ($0.perSecond, $1.method)
    }
    // The revision belongs to the ledger and outlives the process.
    let (newRevision, oldRevision) = (newer.status.revision, before.status.revision)
    changesPerSecond = Double(newRevision > oldRevision ? newRevision - oldRevision : 0) / seconds
    let commits = newer.commits.since(older.commits)
    commitMedian = commits.quantile(0.5)
    commitPercentile99 = commits.quantile(0.99)
    receivedBytesPerSecond = rate(newer.receivedBytes, older.receivedBytes)
    sentBytesPerSecond = rate(newer.sentBytes, older.sentBytes)
    refusals = newer.refusals.sorted { $0.key < $1.key }.compactMap { reason, count in
      let rate = rate(count, older.refusals[reason, default: 0])
      return rate > 0 ? (reason, rate) : nil
    }
  }
}

extension DaemonRates.Calls {
  fileprivate init(
    _ method: String, perSecond: Double, errors: Double, durations: BucketCounts
  ) {
    self.method = method
    self.perSecond = perSecond
    errorsPerSecond = errors
    median = durations.quantile(0.5)
    percentile99 = durations.quantile(0.99)
  }
}

extension DaemonRates {
  /// One line for a log.
  package func line(atSeconds time: Int64) -> String {
    let pairs = [
      ("calls/s", AmountText.rate(all.perSecond)),
      ("errors/s", AmountText.rate(all.errorsPerSecond)),
      ("p50", AmountText.time(all.median)), ("p99", AmountText.time(all.percentile99)),
      ("connections", "\(status.connections)"),
      ("refused/s", AmountText.rate(refusalsPerSecond)),
      ("revision", "\(status.revision)"), ("changes/s", AmountText.rate(changesPerSecond)),
      ("commit-p50", AmountText.time(commitMedian)),
      ("commit-p99", AmountText.time(commitPercentile99)),
      ("in", AmountText.bytesPerSecond(receivedBytesPerSecond)),
      ("out", AmountText.bytesPerSecond(sentBytesPerSecond)),
    ]
    // Spaces are removed, since a space ends a value.
    return Self.timestamp(time)
      + pairs.map { " \($0)=\($1.replacing(" ", with: ""))" }.joined()
  }

  /// One JSON object, without a newline. Times are in seconds, or null without observations.
  package func json(atSeconds time: Int64) -> String {
    var refused = JSONObject()
    for (reason, rate) in refusals { refused.add(reason, "\(rate)") }
    let methods = methods.map { calls in
      var object = JSONObject()
      object.add("method", JSONObject.quoted(calls.method))
      object.add("calls_per_second", "\(calls.perSecond)")
      object.add("errors_per_second", "\(calls.errorsPerSecond)")
      object.add("p50_seconds", JSONObject.number(calls.median))
      object.add("p99_seconds", JSONObject.number(calls.percentile99))
      return object.text
    }
    var object = JSONObject()
    object.add("time", JSONObject.quoted(Self.timestamp(time)))
    object.add("interval_seconds", "\(seconds)")
    object.add("version", JSONObject.quoted(status.version))
    object.add("process_id", "\(status.processID)")
    object.add("connections", "\(status.connections)")
    object.add("tokens", "\(status.tokens)")
    object.add("ledger_bytes", "\(status.ledgerBytes)")
    object.add("revision", "\(status.revision)")
    object.add("changes_per_second", "\(changesPerSecond)")
    object.add("calls_per_second", "\(all.perSecond)")
    object.add("errors_per_second", "\(all.errorsPerSecond)")
    object.add("p50_seconds", JSONObject.number(all.median))
    object.add("p99_seconds", JSONObject.number(all.percentile99))
    object.add("commit_p50_seconds", JSONObject.number(commitMedian))
    object.add("commit_p99_seconds", JSONObject.number(commitPercentile99))
    object.add("received_bytes_per_second", "\(receivedBytesPerSecond)")
    object.add("sent_bytes_per_second", "\(sentBytesPerSecond)")
    object.add("refused_connections_per_second", "\(refusalsPerSecond)")
    object.add("refusals", refused.text)
    object.add("methods", "[" + methods.joined(separator: ",") + "]")
    return object.text
  }

  private static func timestamp(_ seconds: Int64) -> String {
    let time = JSONTime(seconds: seconds)
    return "\(time.date)T\(time.timeOfDay)Z"
  }
}

/// A histogram as exposed: how many observations are at most each bound.
package struct BucketCounts: Equatable {
  /// Counts by bound. The last bound is infinite, so it counts all observations.
  private var counts: [Double: Double] = [:]

  package init() {}

  /// Adds observations of at most `bound`.
  package mutating func add(_ count: Double, atMost bound: Double) {
    counts[bound, default: 0] += count
  }

  /// Adds the observations of a histogram with the same bounds.
  mutating func join(_ other: BucketCounts) {
    for (bound, count) in other.counts { add(count, atMost: bound) }
  }

  /// The observations made after `older` was read; a negative difference becomes zero.
  package func since(_ older: BucketCounts) -> BucketCounts {
    var difference = BucketCounts()
    for (bound, count) in counts {
      difference.add(max(0, count - older.counts[bound, default: 0]), atMost: bound)
    }
    return difference
  }

  /// The number of observations.
  package var total: Double { counts[.infinity, default: 0] }

  /// A quantile, interpolated as if its bucket were evenly filled; nil without observations.
  package func quantile(_ fraction: Double) -> Quantile? {
    let rank = fraction * total
    guard total > 0 else { return nil }
    var (low, below) = (0.0, 0.0)
    for (bound, count) in counts.sorted(by: { $0.key < $1.key }) {
      if count >= rank, count > below {
        guard bound.isFinite else { break }
        return Quantile(seconds: low + (bound - low) * (rank - below) / (count - below))
      }
      (low, below) = (bound, count)
    }
    return Quantile(seconds: low, isLeast: true)
  }
}

/// A quantile of durations.
package struct Quantile: Equatable {
  package let seconds: Double
  /// Whether the true value is larger: it lies in the bucket without an upper bound.
  package var isLeast = false

  package init(seconds: Double, isLeast: Bool = false) {
    self.seconds = seconds
    self.isLeast = isLeast
  }
}
