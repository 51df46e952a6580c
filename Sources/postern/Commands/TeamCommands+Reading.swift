internal import Messages
internal import PosternClient

extension TeamCommands {
  static let get = Command(
    words: ["team", "get"], summary: "Shows a team.", operands: [id],
    required: [.organization], examples: ["postern team get oncall --org acme"], run: runGet)

  static let members = Command(
    words: ["team", "members"], summary: "Lists the members of a team.", operands: [id],
    required: [.organization], examples: ["postern team members oncall --org acme"],
    run: runMembers)

  static let list = Command(
    words: ["team", "list"], summary: "Lists the teams of an organization or of one user.",
    required: [.organization], optional: [.user],
    examples: ["postern team list --org acme --user bob"], run: runList)

  private static func runGet(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.getTeam { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setTeamID(invocation.operand(0))
      }
    }
    let now = invocation.surroundings.nowSeconds
    try invocation.answer(reply.message) { answer in
      guard let team = answer.team else { return "" }
      var table = TextTable()
      table.add("id", DisplayText(team.id).description)
      table.add("organization", DisplayText(team.organizationID).description)
      table.add("name", DisplayText(team.displayName).description)
      table.add("members", "\(team.memberCount)")
      table.add("created", HumanTime.long(team.createdAt, nowSeconds: now))
      return table.text
    }
    return .success
  }

  private static func runList(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let client = try invocation.connect()
    let now = invocation.surroundings.nowSeconds
    var table = TextTable(["ID", "NAME", "MEMBERS", "CREATED"])
    try Pages.read(invocation, table: &table, nothing: "no teams") {
      (token, table) throws(Failure) -> String in
      let reply = try invocation.ask(over: client) { (client) throws(ClientError) in
        try client.listTeams { request in
          request.setOrganizationID(invocation.value(.organization))
          if let user = invocation.optional(.user) { request.setUserID(user) }
          request.setPageSize(Pages.size)
          request.setPageToken(token)
        }
      }
      let page = reply.message
      if invocation.output == .json { try invocation.print(page.jsonText) }
      for index in 0..<page.teamsCount {
        let team = page.teams(at: index)
        table.add([
          DisplayText(team.id).description, DisplayText(team.displayName).description,
          "\(team.memberCount)", HumanTime.short(team.createdAt, nowSeconds: now),
        ])
      }
      return DisplayText(page.nextPageToken).description
    }
    return .success
  }

  private static func runMembers(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let client = try invocation.connect()
    var table = TextTable(["USER"])
    try Pages.read(invocation, table: &table, nothing: "no members") {
      (token, table) throws(Failure) -> String in
      let reply = try invocation.ask(over: client) { (client) throws(ClientError) in
        try client.listTeamMembers { request in
          request.setOrganizationID(invocation.value(.organization))
          request.setTeamID(invocation.operand(0))
          request.setPageSize(Pages.size)
          request.setPageToken(token)
        }
      }
      let page = reply.message
      if invocation.output == .json { try invocation.print(page.jsonText) }
      for index in 0..<page.membersCount {
        table.add([DisplayText(page.members(at: index).userID).description])
      }
      return DisplayText(page.nextPageToken).description
    }
    return .success
  }
}
