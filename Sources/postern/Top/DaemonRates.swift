/// What the daemon did between two readings, a second.
package struct DaemonRates {
  /// Calls and how long they took.
  package struct Calls {
    /// As `postern.v1.TokenService/ValidateToken`.
    package let method: String
    package let perSecond: Double
    package let errorsPerSecond: Double
    package let median: Quantile?
    package let percentile99: Quantile?
  }

  /// Of the newer reading.
  package let status: DaemonStatus
  package let seconds: Double
  /// Of all methods.
  package let all: Calls
  /// Of each method that was called, busiest first.
  package let methods: [Calls]
  package let changesPerSecond: Double
  package let commitMedian: Quantile?
  package let commitPercentile99: Quantile?
  package let receivedBytesPerSecond: Double
  package let sentBytesPerSecond: Double
  /// By reason, in alphabetical order; only those that occurred.
  package let refusals: [(reason: String, perSecond: Double)]

  package var refusalsPerSecond: Double { refusals.reduce(0) { $0 + $1.perSecond } }

  /// The difference of two readings. Another process has counted from nothing, perhaps for less
  /// than the whole time.
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
        method, rate(new.count, old.count), errors: rate(new.errors, old.errors), own)
      count += calls.perSecond
      errors += calls.errorsPerSecond
      durations.join(own)
      if calls.perSecond > 0 { methods.append(calls) }
    }
    all = Calls("", count, errors: errors, durations)
    self.methods = methods.sorted {
      ($1.perSecond, $0.method) < ($0.perSecond, $1.method)
    }
    // The revision is the ledger's and outlives the process.
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
    _ method: String, _ perSecond: Double, errors: Double, _ durations: BucketCounts
  ) {
    self.method = method
    self.perSecond = perSecond
    errorsPerSecond = errors
    median = durations.quantile(0.5)
    percentile99 = durations.quantile(0.99)
  }
}
