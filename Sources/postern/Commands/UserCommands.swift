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
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.inviteUser { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setUserID(invocation.operand(0))
        if let name = invocation.optional(.name) { request.setDisplayName(name) }
      }
    }
    try invocation.answer(reply.message) {
      "`\(invocation.operand(0))` is a user of `\(invocation.value(.organization))`"
        + " (revision \($0.revision))"
    }
    return .success
  }

  private static func inviteAll(
    _ users: [String], _ invocation: Invocation
  ) throws(Failure) -> ExitCode {
    guard !invocation.has(.name) else { throw .misuse("`--name` is for one user alone") }
    let client = try invocation.connect()
    for start in stride(from: 0, to: users.count, by: 1000) {
      let some = users[start..<min(start + 1000, users.count)]
      let reply = try invocation.ask(over: client) { (client) throws(ClientError) in
        try client.inviteUsers { request in
          request.setOrganizationID(invocation.value(.organization))
          for user in some { request.addUsers().setUserID(user) }
        }
      }
      try invocation.answer(reply.message) {
        "invited \(CountText.of(some.count, "user")) to"
          + " `\(invocation.value(.organization))` (revision \($0.revision))"
      }
    }
    return .success
  }

  private static func runGet(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.getUser { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setUserID(invocation.operand(0))
      }
    }
    let now = invocation.surroundings.nowSeconds
    try invocation.answer(reply.message) { answer in
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
    return .success
  }

  private static func runList(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let client = try invocation.connect()
    let now = invocation.surroundings.nowSeconds
    var table = TextTable(["ID", "NAME", "ROLE", "INVITED"])
    try Pages.read(invocation, table: &table, nothing: "no users") {
      (token, table) throws(Failure) -> String in
      let reply = try invocation.ask(over: client) { (client) throws(ClientError) in
        try client.listUsers { request in
          request.setOrganizationID(invocation.value(.organization))
          request.setPageSize(Pages.size)
          request.setPageToken(token)
        }
      }
      let page = reply.message
      if invocation.output == .json { try invocation.print(page.jsonText) }
      for index in 0..<page.usersCount {
        let user = page.users(at: index)
        table.add([
          DisplayText(user.id).description, DisplayText(user.displayName).description,
          role(user), HumanTime.short(user.createdAt, nowSeconds: now),
        ])
      }
      return DisplayText(page.nextPageToken).description
    }
    return .success
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
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.setAdministrator { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setUserID(invocation.operand(0))
        request.setAdministrator(administrator)
      }
    }
    try invocation.answer(reply.message) {
      "`\(invocation.operand(0))` is \(administrator ? "an administrator" : "a plain member") of"
        + " `\(invocation.value(.organization))` (revision \($0.revision))"
    }
    return .success
  }

  private static func runSetRoles(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let list = invocation.operands.count > 1 ? invocation.operands[1] : ""
    let roles = list.split(separator: ",")
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.setUserRoles { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setUserID(invocation.operand(0))
        for role in roles { request.addRoles(String(role)) }
      }
    }
    try invocation.answer(reply.message) {
      let roles = roles.isEmpty ? "no roles" : "the roles \(roles.joined(separator: ", "))"
      return "`\(invocation.operand(0))` has \(roles) in `\(invocation.value(.organization))`"
        + " (revision \($0.revision))"
    }
    return .success
  }

  private static func runRemove(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.deleteUser { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setUserID(invocation.operand(0))
      }
    }
    try invocation.answer(reply.message) {
      "`\(invocation.operand(0))` is no user of `\(invocation.value(.organization))` any more,"
        + " and has no tokens (revision \($0.revision))"
    }
    return .success
  }

  private static func role(_ user: PosternV1.User) -> String {
    var names = [user.administrator ? "administrator" : "member"]
    for index in 0..<user.rolesCount {
      names.append(DisplayText(user.roles(at: index)).description)
    }
    return names.joined(separator: ", ")
  }
}
