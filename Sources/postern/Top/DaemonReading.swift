internal import Messages
internal import PosternClient

/// All counters of the daemon at one time.
package struct DaemonReading {
  /// The counters of the calls of one method.
  struct Calls {
    var count = 0.0
    /// The calls that were answered with a status other than OK.
    var errors = 0.0
    var durations = BucketCounts()
  }

  let status: DaemonStatus
  /// When it was read, on the monotonic clock.
  let nanoseconds: Int64
  /// By method.
  private(set) var calls: [String: Calls] = [:]
  /// Refused connections, by reason.
  private(set) var refusals: [String: Double] = [:]
  private(set) var commits = BucketCounts()
  private(set) var receivedBytes = 0.0
  private(set) var sentBytes = 0.0

  package init(
    _ status: DaemonStatus, _ metrics: OpenMetricsReading, monotonicNanoseconds: Int64
  ) {
    self.status = status
    nanoseconds = monotonicNanoseconds
    for sample in metrics.samples { add(sample) }
  }

  /// The reading of a daemon that has just started and counted nothing.
  init(beginningAt nanoseconds: Int64) {
    status = DaemonStatus()
    self.nanoseconds = nanoseconds
  }

  /// Whether both readings come from the same process.
  func isOfSameProcess(as other: DaemonReading) -> Bool {
    status.processID == other.status.processID
      && status.startedSeconds == other.status.startedSeconds
  }

  private mutating func add(_ sample: OpenMetricsReading.Sample) {
    let method = sample.labels["method"] ?? ""
    switch sample.name {
    case "postern_calls_total":
      calls[method, default: Calls()].count += sample.value
      if sample.labels["status"] != "OK" {
        calls[method, default: Calls()].errors += sample.value
      }
    case "postern_call_duration_seconds_bucket":
      guard let bound = Self.bound(sample) else { return }
      calls[method, default: Calls()].durations.add(sample.value, atMost: bound)
    case "postern_commit_duration_seconds_bucket":
      if let bound = Self.bound(sample) { commits.add(sample.value, atMost: bound) }
    case "postern_refused_connections_total":
      refusals[sample.labels["reason"] ?? "", default: 0] += sample.value
    case "postern_received_bytes_total": receivedBytes += sample.value
    case "postern_sent_bytes_total": sentBytes += sample.value
    default: return
    }
  }

  private static func bound(_ sample: OpenMetricsReading.Sample) -> Double? {
    sample.labels["le"].flatMap { Double($0) }
  }
}

/// The daemon's status as GetStatus reports it.
package struct DaemonStatus {
  package var version = ""
  package var processID: UInt32 = 0
  package var startedSeconds: Int64 = 0
  package var workers: UInt32 = 0
  package var connections: UInt32 = 0
  package var tokens: UInt64 = 0
  package var ledgerBytes: UInt64 = 0
  package var revision: UInt64 = 0

  package init() {}

  init(_ answer: PosternV1.GetStatusResponse) {
    version = DisplayText(answer.version).description
    processID = answer.processID
    startedSeconds = answer.startedAt?.seconds ?? 0
    workers = answer.workerCount
    connections = answer.connectionCount
    tokens = answer.tokenCount
    ledgerBytes = answer.ledgerBytes
    revision = answer.revision
  }
}

/// Reads the daemon repeatedly, over one connection as long as that works.
final class DaemonReader {
  private let invocation: Invocation
  private var client: PosternClient?

  init(_ invocation: Invocation) { self.invocation = invocation }

  func read() throws(Failure) -> DaemonReading {
    let client = if let client { client } else { try invocation.connect() }
    // After a failure the next reading makes a new connection.
    self.client = nil
    let answer = try invocation.call(PosternClient.getStatus, over: client)
    let status = DaemonStatus(answer.message)
    let metrics = try invocation.call(
      PosternClient.getMetrics, over: client, ["name_prefix": .text("postern_")])
    let now = invocation.context.monotonicNanoseconds
    let text = String(
      decoding: [UInt8](copying: metrics.message.openMetricsText), as: UTF8.self)
    do {
      let reading = DaemonReading(status, try OpenMetricsReading(text), monotonicNanoseconds: now)
      self.client = client
      return reading
    } catch {
      throw .trouble(
        "line \(error.line) of the daemon's metrics can't be read",
        advice: "compare `postern version` and `postern status`")
    }
  }
}
