internal import Messages
internal import PosternClient

/// `postern status`.
package enum StatusCommand {
  static let status = Command(
    words: ["status"], summary: "Shows the daemon's version, state and size.",
    examples: ["postern status", "postern status --output json | jq .revision"],
    body: .ask(PosternClient.getStatus) { Column.lines(rows, of: $0.fields, $1.style) })

  private static let rows = [
    Column("version", "version"), Column("started", "started_at"),
    Column("process", "process_id"), Column("workers", "worker_count"),
    Column("connections", "connection_count"), Column("organizations", "organization_count"),
    Column("users", "user_count"), Column("tokens", "token_count"),
    Column("ledger") { status, _ in
      guard case .unsigned(let bytes) = status["ledger_bytes"] else { return "" }
      return byteCount(bytes)
    },
    Column("revision", "revision"), Column("epoch", "ledger_epoch"),
    Column("changes", "ledger_problem"), Column("damage", "ledger_damage"),
    Column("wall clock") { status, _ in clock(status) },
    Column("policy file", "policy_file_problem"),
    Column("kept answers") { status, _ in keptAnswers(status) }, Column("fleet", cell: fleet),
  ]

  /// How the host stands to its fleet; empty without one.
  @Sendable private static func fleet(_ status: AnyMessage, _ style: DisplayStyle) -> String {
    guard let fleet = status.message("fleet") else { return "" }
    return FleetCommands.summary(fleet, style)
  }

  /// How clients keep answers, since the daemon runs.
  private static func keptAnswers(_ status: AnyMessage) -> String {
    guard let kept = status.message("kept_answers") else { return "" }
    guard kept["has_page"] == .boolean(true) else { return "none: clients are given no page" }
    return [
      count(kept["given_count"], "answer") + " given",
      count(kept["refused_count"], "answer") + " refused",
      count(kept["use_count"], "use") + " reported", count(kept["reader_count"], "reader"),
      count(kept["moved_count"], "counter") + " moved",
    ].joined(separator: ", ")
  }

  private static func count(_ value: FieldValue, _ thing: String) -> String {
    guard case .unsigned(let count) = value else { return "" }
    return "\(count) \(thing)\(count == 1 ? "" : "s")"
  }

  /// The difference between the wall clock and the ledger's time; empty below one second.
  private static func clock(_ status: AnyMessage) -> String {
    guard case .duration(let offset) = status["clock_offset"], offset != 0 else { return "" }
    let length = HumanTime.length(offset.magnitude)
    guard offset > 0 else { return "\(length) behind the ledger's time, which goes on" }
    guard case .time(let believed, _) = status["clock_believed_at"],
      case .time(let time, _) = status["time"]
    else { return "\(length) ahead of the ledger's time" }
    return "\(length) ahead of the ledger's time, and believed "
      + HumanTime.distance(believed, from: time)
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
    examples: ["postern metrics | grep postern_calls_total"],
    // The text unchanged: it contains only the daemon's own words.
    body: .ask(PosternClient.getMetrics) { answer, _ in
      String(decoding: [UInt8](copying: answer.openMetricsText), as: UTF8.self)
    })
}
