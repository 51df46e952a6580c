internal import Messages
internal import PosternClient

/// `postern org ...`.
enum OrganizationCommands {
  static let all = [create, get, list, delete]

  private static let id = Operand(
    name: "ORG", summary: "The organization's id.", fills: .text("organization_id"))

  private static let create = Command(
    words: ["org", "create"], summary: "Creates an organization with its first administrator.",
    operands: [id], required: [.administrator], optional: [.name],
    details: ["Only for operators: root, the daemon's user, and those that are configured."],
    examples: ["postern org create acme --admin alice --name 'Acme Inc.'"],
    body: .change(
      PosternClient.createOrganization,
      done: "created organization `{organization_id}` with administrator"
        + " `{administrator_user_id}`"))

  private static let get = Command(
    words: ["org", "get"], summary: "Shows an organization.", operands: [id],
    examples: ["postern org get acme"],
    body: .show(
      PosternClient.getOrganization, "organization",
      rows: [
        Column("id", "id"), Column("name", "display_name"), Column("created", "created_at"),
      ]))

  private static let list = Command(
    words: ["org", "list"], summary: "Lists the organizations.",
    details: ["Only for operators: root, the daemon's user, and those that are configured."],
    examples: ["postern org list"],
    body: .list(
      PosternClient.listOrganizations, "organizations",
      columns: [
        Column("ID", "id"), Column("NAME", "display_name"), Column("CREATED", "created_at"),
      ], nothing: "no organizations: `postern org create ORG --admin USER` makes one"))

  private static let delete = Command(
    words: ["org", "delete"], summary: "Deletes an organization with all that it holds.",
    operands: [id], optional: [.yes],
    details: [
      "Its users, teams and resources end, and all of its tokens are revoked. There is no way",
      "back.",
      "Only for operators: root, the daemon's user, and those that are configured.",
    ],
    examples: ["postern org delete acme --yes"],
    body: .change(
      PosternClient.deleteOrganization, prepare: confirmEnd,
      done: "there is no organization `{organization_id}` any more, and its tokens are revoked"))

  private static func confirmEnd(
    _ invocation: Invocation, _ fields: inout FieldValues
  ) throws(Failure) -> PosternClient? {
    try invocation.confirm(
      "`\(invocation.operand(0))` would end with all users, teams, resources and tokens, for ever")
    return nil
  }
}
