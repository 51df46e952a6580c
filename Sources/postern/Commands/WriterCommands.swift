internal import Messages
internal import PosternClient

/// `postern writer ...`.
enum WriterCommands {
  static let all = [set, list, remove]

  private static let writers: [CommandOption] = [.user.filling(.text("writer.user_id")), .team]

  private static let set = Command(
    words: ["writer", "set"], summary: "Lets a user or a team write a resource.",
    operands: [ResourceName.operand], required: [.organization], exactlyOne: writers,
    examples: ["postern writer set dashboard/latency --org acme --team oncall"],
    body: .ask(PosternClient.setWriter, changes: true) {
      "\(name($1)) may write `\($1.invocation.operand(0))` (revision \($0.revision))"
    })

  private static let list = Command(
    words: ["writer", "list"],
    summary: "Lists the writers of a resource; administrators may write it too.",
    operands: [ResourceName.operand], required: [.organization],
    examples: ["postern writer list dashboard/latency --org acme"],
    body: .list(
      PosternClient.listWriters, "writers",
      columns: [
        Column("KIND") { writer, _ in writer["user_id"] == .absent ? "team" : "user" },
        Column("ID") { writer, style in
          style.text(writer[writer["user_id"] == .absent ? "team_id" : "user_id"])
        },
      ],
      nothing: "no writers: only administrators may write `{resource_type}/{resource_id}`"))

  private static let remove = Command(
    words: ["writer", "remove"], summary: "Stops a user or a team from writing a resource.",
    operands: [ResourceName.operand], required: [.organization], exactlyOne: writers,
    details: ["Removing a user or a team that is not a writer succeeds."],
    examples: ["postern writer remove dashboard/latency --org acme --user bob"],
    body: .ask(PosternClient.removeWriter, changes: true) {
      "\(name($1)) is not a writer of `\($1.invocation.operand(0))` (revision \($0.revision))"
    })

  private static func name(_ call: Call) -> String {
    if let team = call.invocation.optional(.team) { return "team `\(team)`" }
    return "`\(call.invocation.value(.user))`"
  }
}
