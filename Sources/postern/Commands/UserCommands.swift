internal import Messages
internal import PosternClient

/// `postern user ...`.
enum UserCommands {
  static let all = [
    invite, get, list, grantAdministrator, revokeAdministrator, setRoles, remove,
  ]

  private static let id = Operand(name: "USER", summary: "The user's id, often a mail address.")

  private static let invite = Command(
    words: ["user", "invite"], summary: "Adds users to an organization, as plain members.",
    operands: [
      Operand(
        name: "USER", summary: "The user's id, often a mail address.", isRepeated: true)
    ],
    required: [.organization], optional: [.name],
    details: ["Many users are added in thousands; each thousand is added whole or not at all."],
    examples: [
      "postern user invite bob@example.com --org acme --name Bob",
      "xargs -n 1000 postern user invite --org acme <users.txt",
    ], run: runInvite)

  private static let get = Command(
    words: ["user", "get"], summary: "Shows a user.", operands: [id], required: [.organization],
    examples: ["postern user get bob@example.com --org acme"], run: runGet)

  private static let list = Command(
    words: ["user", "list"], summary: "Lists the users of an organization.",
    required: [.organization], examples: ["postern user list --org acme"], run: runList)

  private static let grantAdministrator = Command(
    words: ["user", "grant-admin"], summary: "Makes a user an administrator.", operands: [id],
    required: [.organization],
    examples: ["postern user grant-admin bob@example.com --org acme"], run: runGrantAdministrator)

  private static let revokeAdministrator = Command(
    words: ["user", "revoke-admin"], summary: "Makes an administrator a plain member.",
    operands: [id], required: [.organization],
    details: ["The last administrator of an organization stays one."],
    examples: ["postern user revoke-admin bob@example.com --org acme"],
    run: runRevokeAdministrator)

  private static let setRoles = Command(
    words: ["user", "set-roles"], summary: "Gives a user exactly these roles of the policy.",
    operands: [
      id,
      Operand(
        name: "ROLE[,ROLE]", summary: "All roles from now on; left out, none.", isOptional: true),
    ],
    required: [.organization],
    details: ["An administrator is made by `postern user grant-admin`."],
    examples: ["postern user set-roles bob@example.com power,billing --org acme"],
    run: runSetRoles)

  private static let remove = Command(
    words: ["user", "remove"], summary: "Removes a user and revokes all of the user's tokens.",
    operands: [id], required: [.organization],
    details: ["Removing an unknown user succeeds. The last administrator can't be removed."],
    examples: ["postern user remove bob@example.com --org acme"],
    run: runRemove)

  private static func runInvite(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let users = invocation.operands
    guard users.count == 1 else { return try inviteAll(users, invocation) }
    return try invocation.change(
      PosternClient.inviteUser,
      done: "`\(users[0])` is a user of `\(invocation.value(.organization))`"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setUserID(users[0])
      if let name = invocation.optional(.name) { request.setDisplayName(name) }
    }
  }

  private static func inviteAll(
    _ users: [String], _ invocation: Invocation
  ) throws(Failure) -> ExitCode {
    guard !invocation.has(.name) else { throw .misuse("`--name` is for one user alone") }
    let organization = invocation.value(.organization)
    let client = try invocation.connect()
    for start in stride(from: 0, to: users.count, by: 1000) {
      let some = users[start..<min(start + 1000, users.count)]
      _ = try invocation.change(
        PosternClient.inviteUsers, over: client,
        done: "invited \(CountText.of(some.count, "user")) to `\(organization)`"
      ) { request in
        request.setOrganizationID(organization)
        for user in some { request.addUsers().setUserID(user) }
      }
    }
    return .success
  }

  private static func runGet(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let now = invocation.context.nowSeconds
    return try invocation.show(PosternClient.getUser) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setUserID(invocation.operand(0))
    } as: { answer in
      var table = TextTable()
      if let user = answer.user {
        table.add("id", DisplayText(user.id).description)
        table.add("organization", DisplayText(user.organizationID).description)
        table.add("name", DisplayText(user.displayName).description)
        table.add("role", role(user))
        table.add("invited", HumanTime.long(user.createdAt, nowSeconds: now))
      }
      return table.text
    }
  }

  private static func runList(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let now = invocation.context.nowSeconds
    return try invocation.list(
      PosternClient.listUsers, columns: ["ID", "NAME", "ROLE", "INVITED"], nothing: "no users"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
    } rows: { page, table in
      for index in 0..<page.usersCount {
        let user = page.users(at: index)
        table.add([
          DisplayText(user.id).description, DisplayText(user.displayName).description,
          role(user), HumanTime.short(user.createdAt, nowSeconds: now),
        ])
      }
    }
  }

  private static func runGrantAdministrator(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try setAdministrator(true, invocation)
  }

  private static func runRevokeAdministrator(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try setAdministrator(false, invocation)
  }

  private static func setAdministrator(
    _ administrator: Bool, _ invocation: Invocation
  ) throws(Failure) -> ExitCode {
    try invocation.change(
      PosternClient.setAdministrator,
      done: "`\(invocation.operand(0))` is \(administrator ? "an administrator" : "a plain member")"
        + " of `\(invocation.value(.organization))`"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setUserID(invocation.operand(0))
      request.setAdministrator(administrator)
    }
  }

  private static func runSetRoles(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let list = invocation.operands.count > 1 ? invocation.operands[1] : ""
    let roles = list.split(separator: ",")
    let what = roles.isEmpty ? "no roles" : "the roles \(roles.joined(separator: ", "))"
    return try invocation.change(
      PosternClient.setUserRoles,
      done: "`\(invocation.operand(0))` has \(what) in `\(invocation.value(.organization))`"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setUserID(invocation.operand(0))
      for role in roles { request.addRoles(String(role)) }
    }
  }

  private static func runRemove(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try invocation.change(
      PosternClient.deleteUser,
      done: "`\(invocation.operand(0))` is no user of `\(invocation.value(.organization))` any"
        + " more, and has no tokens"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setUserID(invocation.operand(0))
    }
  }

  private static func role(_ user: PosternV1.User) -> String {
    var names = [user.administrator ? "administrator" : "member"]
    for index in 0..<user.rolesCount {
      names.append(DisplayText(user.roles(at: index)).description)
    }
    return names.joined(separator: ", ")
  }
}
