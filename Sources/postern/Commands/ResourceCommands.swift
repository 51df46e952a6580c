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
