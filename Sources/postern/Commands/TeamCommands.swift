internal import Messages
internal import PosternClient

/// `postern team ...`.
enum TeamCommands {
  static let all = [create, get, list, members, update, delete, addMember, removeMember]

  static let id = Operand(name: "TEAM", summary: "The team's id.", fills: .text("team_id"))

  private static let member = Operand(
    name: "USER", summary: "The user's id.", fills: .text("user_id"))

  private static let create = Command(
    words: ["team", "create"], summary: "Creates a team without members.", operands: [id],
    required: [.organization], optional: [.name],
    examples: ["postern team create oncall --org acme"],
    body: .change(PosternClient.createTeam, done: "created team `{team_id}`"))

  private static let update = Command(
    words: ["team", "update"], summary: "Gives a team another display name.", operands: [id],
    required: [.organization, .name],
    examples: ["postern team update oncall --org acme --name On-call"],
    body: .change(
      PosternClient.updateTeam, setting: ["update_mask.paths": .list([.text("display_name")])],
      done: "updated team `{team_id}`"))

  private static let delete = Command(
    words: ["team", "delete"], summary: "Deletes a team, also as a writer of resources.",
    operands: [id], required: [.organization],
    details: ["Deleting a team that isn't there succeeds."],
    examples: ["postern team delete oncall --org acme"],
    body: .change(PosternClient.deleteTeam, done: "there is no team `{team_id}` any more"))

  private static let addMember = Command(
    words: ["team", "add-member"], summary: "Adds a user to a team.", operands: [id, member],
    required: [.organization], examples: ["postern team add-member oncall bob --org acme"],
    body: .change(PosternClient.addTeamMember, done: "`{user_id}` is in team `{team_id}`"))

  private static let removeMember = Command(
    words: ["team", "remove-member"], summary: "Removes a user from a team.",
    operands: [id, member], required: [.organization],
    details: [
      "For administrators, and for a user itself. Removing a user that is not a member succeeds."
    ],
    examples: ["postern team remove-member oncall bob --org acme"],
    body: .change(PosternClient.removeTeamMember, done: "`{user_id}` is not in team `{team_id}`"))

  private static let get = Command(
    words: ["team", "get"], summary: "Shows a team.", operands: [id],
    required: [.organization], examples: ["postern team get oncall --org acme"],
    body: .show(
      PosternClient.getTeam, "team",
      rows: [
        Column("id", "id"), Column("organization", "organization_id"),
        Column("name", "display_name"), Column("members", "member_count"),
        Column("created", "created_at"),
      ]))

  private static let members = Command(
    words: ["team", "members"], summary: "Lists the members of a team.", operands: [id],
    required: [.organization], examples: ["postern team members oncall --org acme"],
    body: .list(
      PosternClient.listTeamMembers, "members", columns: [Column("USER", "user_id")],
      nothing: "no members"))

  private static let list = Command(
    words: ["team", "list"], summary: "Lists the teams of an organization or of one user.",
    required: [.organization], optional: [.user],
    examples: ["postern team list --org acme --user bob"],
    body: .list(
      PosternClient.listTeams, "teams",
      columns: [
        Column("ID", "id"), Column("NAME", "display_name"), Column("MEMBERS", "member_count"),
        Column("CREATED", "created_at"),
      ], nothing: "no teams"))
}
