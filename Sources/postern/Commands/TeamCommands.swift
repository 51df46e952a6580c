internal import Messages
internal import PosternClient

/// `postern team ...`.
enum TeamCommands {
  static let all = [create, get, list, members, update, delete, addMember, removeMember]

  static let id = Operand(name: "TEAM", summary: "The team's id.")
  private static let member = Operand(name: "USER", summary: "The user's id.")

  private static let create = Command(
    words: ["team", "create"], summary: "Creates a team without members.", operands: [id],
    required: [.organization], optional: [.name],
    examples: ["postern team create oncall --org acme"], run: runCreate)

  private static let update = Command(
    words: ["team", "update"], summary: "Gives a team another display name.", operands: [id],
    required: [.organization, .name],
    examples: ["postern team update oncall --org acme --name On-call"], run: runUpdate)

  private static let delete = Command(
    words: ["team", "delete"], summary: "Deletes a team, also as a writer of resources.",
    operands: [id], required: [.organization],
    details: ["Deleting a team that isn't there succeeds."],
    examples: ["postern team delete oncall --org acme"],
    run: runDelete)

  private static let addMember = Command(
    words: ["team", "add-member"], summary: "Adds a user to a team.", operands: [id, member],
    required: [.organization], examples: ["postern team add-member oncall bob --org acme"],
    run: runAddMember)

  private static let removeMember = Command(
    words: ["team", "remove-member"], summary: "Removes a user from a team.",
    operands: [id, member], required: [.organization],
    details: [
      "For administrators, and for a user itself. Removing a user that is no member succeeds."
    ],
    examples: ["postern team remove-member oncall bob --org acme"],
    run: runRemoveMember)

  private static let get = Command(
    words: ["team", "get"], summary: "Shows a team.", operands: [id],
    required: [.organization], examples: ["postern team get oncall --org acme"], run: runGet)

  private static let members = Command(
    words: ["team", "members"], summary: "Lists the members of a team.", operands: [id],
    required: [.organization], examples: ["postern team members oncall --org acme"],
    run: runMembers)

  private static let list = Command(
    words: ["team", "list"], summary: "Lists the teams of an organization or of one user.",
    required: [.organization], optional: [.user],
    examples: ["postern team list --org acme --user bob"], run: runList)

  private static func runCreate(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try invocation.change(
      PosternClient.createTeam, done: "created team `\(invocation.operand(0))`"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setTeamID(invocation.operand(0))
      if let name = invocation.optional(.name) { request.setDisplayName(name) }
    }
  }

  private static func runUpdate(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try invocation.change(
      PosternClient.updateTeam, done: "updated team `\(invocation.operand(0))`"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setTeamID(invocation.operand(0))
      request.makeUpdateMask().add(["display_name"])
      request.setDisplayName(invocation.value(.name))
    }
  }

  private static func runDelete(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try invocation.change(
      PosternClient.deleteTeam, done: "there is no team `\(invocation.operand(0))` any more"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setTeamID(invocation.operand(0))
    }
  }

  private static func runAddMember(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try invocation.change(
      PosternClient.addTeamMember,
      done: "`\(invocation.operand(1))` is in team `\(invocation.operand(0))`"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setTeamID(invocation.operand(0))
      request.setUserID(invocation.operand(1))
    }
  }

  private static func runRemoveMember(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try invocation.change(
      PosternClient.removeTeamMember,
      done: "`\(invocation.operand(1))` is not in team `\(invocation.operand(0))`"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setTeamID(invocation.operand(0))
      request.setUserID(invocation.operand(1))
    }
  }

  private static func runGet(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let now = invocation.context.nowSeconds
    return try invocation.show(PosternClient.getTeam) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setTeamID(invocation.operand(0))
    } as: { answer in
      guard let team = answer.team else { return "" }
      var table = TextTable()
      table.add("id", DisplayText(team.id).description)
      table.add("organization", DisplayText(team.organizationID).description)
      table.add("name", DisplayText(team.displayName).description)
      table.add("members", "\(team.memberCount)")
      table.add("created", HumanTime.long(team.createdAt, nowSeconds: now))
      return table.text
    }
  }

  private static func runList(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let now = invocation.context.nowSeconds
    return try invocation.list(
      PosternClient.listTeams, columns: ["ID", "NAME", "MEMBERS", "CREATED"], nothing: "no teams"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      if let user = invocation.optional(.user) { request.setUserID(user) }
    } rows: { page, table in
      for index in 0..<page.teamsCount {
        let team = page.teams(at: index)
        table.add([
          DisplayText(team.id).description, DisplayText(team.displayName).description,
          "\(team.memberCount)", HumanTime.short(team.createdAt, nowSeconds: now),
        ])
      }
    }
  }

  private static func runMembers(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try invocation.list(
      PosternClient.listTeamMembers, columns: ["USER"], nothing: "no members"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setTeamID(invocation.operand(0))
    } rows: { page, table in
      for index in 0..<page.membersCount {
        table.add([DisplayText(page.members(at: index).userID).description])
      }
    }
  }
}
