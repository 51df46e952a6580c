internal import Messages
internal import PosternClient

/// `postern user ...`.
enum UserCommands {
  static let all = [
    invite, get, list, grantAdministrator, revokeAdministrator, setRoles, remove,
  ]

  private static let id = Operand(
    name: "USER", summary: "The user's id, often a mail address.",
    fills: .text("user_id"))

  private static let invite = Command(
    words: ["user", "invite"], summary: "Adds users to an organization, as plain members.",
    operands: [
      Operand(
        name: "USER", summary: "The user's id, often a mail address.", isRepeated: true,
        fills: .text("user_id"))
    ],
    required: [.organization], optional: [.name],
    details: ["Many users are added in thousands; each thousand is added whole or not at all."],
    examples: [
      "postern user invite bob@example.com --org acme --name Bob",
      "xargs -n 1000 postern user invite --org acme <users.txt",
    ], body: .own(changes: true, inviteAll))

  private static let get = Command(
    words: ["user", "get"], summary: "Shows a user.", operands: [id], required: [.organization],
    examples: ["postern user get bob@example.com --org acme"],
    body: .show(
      PosternClient.getUser, "user",
      rows: [
        Column("id", "id"), Column("organization", "organization_id"),
        Column("name", "display_name"), role("role"), Column("invited", "created_at"),
      ]))

  private static let list = Command(
    words: ["user", "list"], summary: "Lists the users of an organization.",
    required: [.organization], examples: ["postern user list --org acme"],
    body: .list(
      PosternClient.listUsers, "users",
      columns: [
        Column("ID", "id"), Column("NAME", "display_name"), role("ROLE"),
        Column("INVITED", "created_at"),
      ], nothing: "no users"))

  private static let grantAdministrator = Command(
    words: ["user", "grant-admin"], summary: "Makes a user an administrator.", operands: [id],
    required: [.organization],
    examples: ["postern user grant-admin bob@example.com --org acme"],
    body: .change(
      PosternClient.setAdministrator, setting: ["administrator": .boolean(true)],
      done: "`{user_id}` is an administrator of `{organization_id}`"))

  private static let revokeAdministrator = Command(
    words: ["user", "revoke-admin"], summary: "Makes an administrator a plain member.",
    operands: [id], required: [.organization],
    details: ["The last administrator of an organization stays one."],
    examples: ["postern user revoke-admin bob@example.com --org acme"],
    body: .change(
      PosternClient.setAdministrator, setting: ["administrator": .boolean(false)],
      done: "`{user_id}` is a plain member of `{organization_id}`"))

  private static let setRoles = Command(
    words: ["user", "set-roles"], summary: "Gives a user exactly these roles of the policy.",
    operands: [
      id,
      Operand(
        name: "ROLE[,ROLE]", summary: "All roles from now on; left out, none.", isOptional: true,
        fills: .names("roles")),
    ],
    required: [.organization],
    details: ["An administrator is made by `postern user grant-admin`."],
    examples: ["postern user set-roles bob@example.com power,billing --org acme"],
    body: .ask(PosternClient.setUserRoles, changes: true) { answer, call in
      let invocation = call.invocation
      let roles = invocation.operands.dropFirst().joined().split(separator: ",")
      let what = roles.isEmpty ? "no roles" : "the roles \(roles.joined(separator: ", "))"
      return "`\(invocation.operand(0))` has \(what) in `\(invocation.value(.organization))`"
        + " (revision \(answer.revision))"
    })

  private static let remove = Command(
    words: ["user", "remove"], summary: "Removes a user and revokes all of the user's tokens.",
    operands: [id], required: [.organization],
    details: ["Removing an unknown user succeeds. The last administrator can't be removed."],
    examples: ["postern user remove bob@example.com --org acme"],
    body: .change(
      PosternClient.deleteUser,
      done: "`{user_id}` is no longer a user of `{organization_id}`, and has no tokens"))

  private static let inviteOne = CommandBody.change(
    PosternClient.inviteUser, done: "`{user_id}` is a user of `{organization_id}`")

  private static func inviteAll(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let users = invocation.operands
    guard users.count > 1 else { return try inviteOne.run(invocation) }
    guard !invocation.has(.name) else { throw .misuse("`--name` is for one user alone") }
    var fields = try invocation.boundFields()
    fields["user_id"] = nil
    let client = try invocation.connect()
    for start in stride(from: 0, to: users.count, by: 1000) {
      let some = users[start..<min(start + 1000, users.count)]
      let reply = try invocation.call(PosternClient.inviteUsers, over: client, fields) { request in
        for user in some { request.addUsers().setUserID(user) }
      }
      try invocation.answer(reply.message) {
        "invited \(CountText.of(some.count, "user")) to `\(invocation.value(.organization))`"
          + " (revision \($0.revision))"
      }
    }
    return .success
  }

  private static func role(_ title: String) -> Column {
    Column(title) { user, style in
      let roles = style.text(user["roles"])
      let role = user["administrator"] == .boolean(true) ? "administrator" : "member"
      return role + (roles.isEmpty ? "" : ", " + roles)
    }
  }
}
