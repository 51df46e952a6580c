internal import Messages
internal import PosternClient

/// `postern status`.
package enum StatusCommand {
  static let status = Command(
    words: ["status"], summary: "Shows the daemon's version, state and size.",
    examples: ["postern status", "postern status --output json | jq .revision"], run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let reply = try invocation.ask { (client) throws(ClientError) in try client.getStatus { _ in } }
    let now = invocation.context.nowSeconds
    try invocation.answer(reply.message) { describe($0, nowSeconds: now) }
    return .success
  }

  private static func describe(
    _ status: PosternV1.GetStatusResponse, nowSeconds: Int64
  ) -> String {
    var table = TextTable()
    table.add("version", DisplayText(status.version).description)
    table.add("started", HumanTime.long(status.startedAt, nowSeconds: nowSeconds))
    table.add("process", String(status.processID))
    table.add("workers", String(status.workerCount))
    table.add("connections", String(status.connectionCount))
    table.add("organizations", String(status.organizationCount))
    table.add("users", String(status.userCount))
    table.add("tokens", String(status.tokenCount))
    table.add("ledger", byteCount(status.ledgerBytes))
    table.add("revision", String(status.revision))
    table.add("epoch", String(status.ledgerEpoch))
    let fault = DisplayText(status.ledgerProblem).description
    if !fault.isEmpty { table.add("changes", fault) }
    let damage = DisplayText(status.ledgerDamage).description
    if !damage.isEmpty { table.add("damage", damage) }
    let clock = clock(status)
    if !clock.isEmpty { table.add("wall clock", clock) }
    let problem = DisplayText(status.policyFileProblem).description
    if !problem.isEmpty { table.add("policy file", problem) }
    return table.text
  }

  /// The difference between the wall clock and the ledger's time; empty below one second.
  private static func clock(_ status: PosternV1.GetStatusResponse) -> String {
    guard let offset = status.clockOffset?.seconds, offset != 0 else { return "" }
    let length = HumanTime.length(offset.magnitude)
    guard offset > 0 else { return "\(length) behind the ledger's time, which goes on" }
    guard let believed = status.clockBelievedAt, let time = status.time else {
      return "\(length) ahead of the ledger's time"
    }
    return "\(length) ahead of the ledger's time, and believed "
      + HumanTime.distance(believed.seconds, from: time.seconds)
      + ": if it is right, `postern clock accept`"
  }

  /// Such as `12.3 MiB`.
  package static func byteCount(_ bytes: UInt64) -> String {
    var unit = 0
    var tenths = bytes
    if bytes < 1_024 { return "\(bytes) B" }
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    while tenths >= 1_024 {
      unit += 1
      tenths >>= 10
    }
    let scale = UInt64(1) << UInt64(10 * unit)
    let fraction = (bytes % scale) / (scale / 1_024) * 10 / 1_024
    return "\(bytes / scale).\(fraction) \(units[unit])"
  }
}

/// `postern metrics`.
package enum MetricsCommand {
  static let metrics = Command(
    words: ["metrics"], summary: "Prints the daemon's metrics as OpenMetrics text.",
    examples: ["postern metrics | grep postern_calls_total"], run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try invocation.show(PosternClient.getMetrics, { _ in }, as: describe)
  }

  /// The text unchanged: it contains only the daemon's own words.
  private static func describe(_ metrics: PosternV1.GetMetricsResponse) -> String {
    String(decoding: [UInt8](copying: metrics.openMetricsText), as: UTF8.self)
  }
}
