internal import Messages
internal import PosternClient

/// `postern usage`.
enum UsageCommand {
  static let usage = Command(
    words: ["usage"], summary: "Shows how tokens were used: by day, method and local user.",
    required: [.organization], optional: [.user, .token, .method, .since, .until],
    details: [
      "Days are whole days in UTC. Uses are counted in memory and written every few seconds: the",
      "newest are not shown yet, and a crash of the daemon loses them. Those of the CALLS that are",
      "KEPT were none: they are uses of answers that clients had kept, as they reported.",
    ],
    examples: [
      "postern usage --org acme --user alice --since 2026-05-01",
      "postern usage --org acme --method Check --output json",
    ],
    body: .list(
      PosternClient.getUsage, "usages",
      columns: [
        Column("DAY") { usage, _ in
          guard case .time(let seconds, _) = usage["day"] else { return "" }
          return JSONTime(seconds: seconds).date
        },
        Column("TOKEN", "token_id"),
        Column("WHOSE") { usage, style in
          style.text(usage[usage["user_id"] == .text("") ? "token_name" : "user_id"])
        },
        // Without the package that all methods but one share.
        Column("METHOD") { usage, style in
          style.text(usage["method"]).replacing("postern.v1.", with: "", maxReplacements: 1)
        },
        Column("UID", "uid"), Column("CALLS", "call_count"), Column("KEPT", "cached_count"),
        Column("DENIED", "denied_count"), Column("OLD SECRET", "previous_secret_count"),
        Column("LAST USED", "last_used_at"),
      ], nothing: "no usage"))
}
