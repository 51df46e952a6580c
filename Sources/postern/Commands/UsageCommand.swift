internal import Messages
internal import PosternClient

/// `postern usage`.
enum UsageCommand {
  static let usage = Command(
    words: ["usage"], summary: "Shows how tokens were used: by day, method and local user.",
    required: [.organization], optional: [.user, .token, .method, .since, .until],
    details: [
      "Days are whole days in UTC. Uses are counted in memory and written every few seconds: the",
      "newest are not shown yet, and a crash of the daemon loses them.",
    ],
    examples: [
      "postern usage --org acme --user alice --since 2026-05-01",
      "postern usage --org acme --method Check --output json",
    ], run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let (since, until) = (try invocation.time(.since), try invocation.time(.until))
    let now = invocation.context.nowSeconds
    return try invocation.list(
      PosternClient.getUsage,
      columns: [
        "DAY", "TOKEN", "WHOSE", "METHOD", "UID", "CALLS", "DENIED", "OLD SECRET", "LAST USED",
      ], nothing: "no usage"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      if let user = invocation.optional(.user) { request.setUserID(user) }
      if let id = invocation.optional(.token) { request.setTokenID(id) }
      if let method = invocation.optional(.method) { request.setMethod(method) }
      if let since { since.write(into: request.makeStartTime()) }
      if let until { until.write(into: request.makeEndTime()) }
    } rows: { page, table in
      for index in 0..<page.usagesCount { table.add(row(page.usages(at: index), now)) }
    }
  }

  private static func row(_ usage: PosternV1.Usage, _ now: Int64) -> [String] {
    [
      JSONTime(seconds: usage.day?.seconds ?? 0).date,
      DisplayText(usage.tokenID).description,
      DisplayText(usage.userID.isEmpty ? usage.tokenName : usage.userID).description,
      // Without the package that all methods but one share.
      DisplayText(usage.method).description.replacing("postern.v1.", with: "", maxReplacements: 1),
      "\(usage.uid)", "\(usage.callCount)", "\(usage.deniedCount)",
      "\(usage.previousSecretCount)", HumanTime.short(usage.lastUsedAt, nowSeconds: now),
    ]
  }
}
