internal import Messages
internal import PosternClient

extension TeamCommands {
  static let get = Command(
    words: ["team", "get"], summary: "Shows a team and its members.", operands: [id],
    required: [.organization], examples: ["postern team get oncall --org acme"], run: runGet)

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
      let members = members(team)
      table.add("members", members.isEmpty ? "none" : members.joined(separator: ", "))
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
          brief(members(team)), HumanTime.short(team.createdAt, nowSeconds: now),
        ])
      }
      return DisplayText(page.nextPageToken).description
    }
    return .success
  }

  private static func members(_ team: PosternV1.Team) -> [String] {
    (0..<team.memberUserIDsCount).map { DisplayText(team.memberUserIDs(at: $0)).description }
  }

  /// The first names and how many there are, so that a line stays one.
  private static func brief(_ members: [String]) -> String {
    if members.isEmpty { return "none" }
    let shown = members.prefix(3).joined(separator: ", ")
    return members.count > 3 ? "\(shown) and \(members.count - 3) more" : shown
  }
}
