/// `postern top`.
enum TopCommand {
  static let top = Command(
    words: ["top"], summary: "Shows live what the daemon does.",
    optional: [.interval, .count],
    details: [
      "On a terminal it redraws one screen until q or Ctrl-C. Elsewhere it prints a line for each",
      "interval, or with --output json an object with all methods that were called. Percentiles",
      "are interpolated in the daemon's buckets. An error is a call that was answered with a",
      "status other than OK. The two calls of each reading are counted too. It is for operators.",
      "NO_COLOR switches colors off.",
    ],
    examples: [
      "postern top --interval 5s", "postern top --count 1",
      "postern top --output json | jq .calls_per_second",
    ], body: .own(run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let count = try invocation.number(.count).map { Int(clamping: $0) } ?? .max
    let reader = DaemonReader(invocation)
    let top = Top(
      intervalSeconds: try invocation.seconds(.interval) ?? 2, count: count,
      isJSON: invocation.output == .json, context: invocation.context,
      read: { () throws(Failure) in try reader.read() })
    try top.run()
    return .success
  }
}
