internal import Messages
internal import PosternClient

/// `postern resource ...`.
enum ResourceCommands {
  static let all = [put, get, list, delete]

  private static let put = Command(
    words: ["resource", "put"], summary: "Creates a resource, or renames it.",
    operands: [ResourceName.operand], required: [.organization], optional: [.name],
    details: ["The user who creates it is its first writer."],
    examples: ["postern resource put dashboard/latency --org acme --name Latency"],
    body: .change(PosternClient.putResource, done: "put `{resource_type}/{resource_id}`"))

  private static let get = Command(
    words: ["resource", "get"], summary: "Shows a resource and its creator.",
    operands: [ResourceName.operand], required: [.organization],
    examples: ["postern resource get dashboard/latency --org acme"],
    body: .show(
      PosternClient.getResource, "resource",
      rows: [
        Column("type", "type"), Column("id", "id"), Column("organization", "organization_id"),
        Column("name", "display_name"), Column("writers", "writer_count"),
        Column("created", "created.time"), .author("created by", "created"),
        Column("updated", "updated.time"), .author("updated by", "updated"),
      ]))

  private static let list = Command(
    words: ["resource", "list"], summary: "Lists the resources of an organization.",
    required: [.organization], optional: [.type],
    examples: ["postern resource list --org acme --type dashboard"],
    body: .list(
      PosternClient.listResources, "resources",
      columns: [
        Column("RESOURCE") { "\($1.text($0["type"]))/\($1.text($0["id"]))" },
        Column("NAME", "display_name"), Column("WRITERS", "writer_count"),
        Column("UPDATED", "updated.time"),
      ], nothing: "no resources"))

  private static let delete = Command(
    words: ["resource", "delete"], summary: "Deletes a resource and its list of writers.",
    operands: [ResourceName.operand], required: [.organization],
    details: ["Deleting a resource that isn't there succeeds."],
    examples: ["postern resource delete dashboard/latency --org acme"],
    body: .change(
      PosternClient.deleteResource, done: "there is no `{resource_type}/{resource_id}` any more"))
}

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
