internal import Messages
internal import PosternClient

/// `postern writer ...`.
enum WriterCommands {
  static let all = [set, list, remove]

  private static let set = Command(
    words: ["writer", "set"], summary: "Lets a user or a team write a resource.",
    operands: [ResourceName.operand], required: [.organization], exactlyOne: [.user, .team],
    examples: ["postern writer set dashboard/latency --org acme --team oncall"], run: runSet)

  private static let list = Command(
    words: ["writer", "list"],
    summary: "Lists the writers of a resource; administrators may write it too.",
    operands: [ResourceName.operand], required: [.organization],
    examples: ["postern writer list dashboard/latency --org acme"], run: runList)

  private static let remove = Command(
    words: ["writer", "remove"], summary: "Stops a user or a team from writing a resource.",
    operands: [ResourceName.operand], required: [.organization], exactlyOne: [.user, .team],
    details: ["Removing a user or a team that is no writer succeeds."],
    examples: ["postern writer remove dashboard/latency --org acme --user bob"], run: runRemove)

  private static func runSet(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resource = try ResourceName(invocation.operand(0))
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.setWriter { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setResourceType(resource.type)
        request.setResourceID(resource.id)
        fill(request.makeWriter(), invocation)
      }
    }
    try invocation.answer(reply.message) {
      "\(name(invocation)) may write `\(resource)` (revision \($0.revision))"
    }
    return .success
  }

  private static func runList(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resource = try ResourceName(invocation.operand(0))
    let client = try invocation.connect()
    var table = TextTable(["KIND", "ID"])
    let nothing = "no writers: only administrators may write `\(resource)`"
    try Pages.read(invocation, table: &table, nothing: nothing) {
      (token, table) throws(Failure) -> String in
      let reply = try invocation.ask(over: client) { (client) throws(ClientError) in
        try client.listWriters { request in
          request.setOrganizationID(invocation.value(.organization))
          request.setResourceType(resource.type)
          request.setResourceID(resource.id)
          request.setPageSize(Pages.size)
          request.setPageToken(token)
        }
      }
      let page = reply.message
      if invocation.output == .json { try invocation.print(page.jsonText) }
      for index in 0..<page.writersCount {
        let writer = page.writers(at: index)
        if let user = writer.userID { table.add(["user", DisplayText(user).description]) }
        if let team = writer.teamID { table.add(["team", DisplayText(team).description]) }
      }
      return DisplayText(page.nextPageToken).description
    }
    return .success
  }

  private static func runRemove(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resource = try ResourceName(invocation.operand(0))
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.removeWriter { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setResourceType(resource.type)
        request.setResourceID(resource.id)
        fill(request.makeWriter(), invocation)
      }
    }
    try invocation.answer(reply.message) {
      "\(name(invocation)) is no writer of `\(resource)` (revision \($0.revision))"
    }
    return .success
  }

  private static func fill(_ writer: PosternV1.Writer.Builder, _ invocation: Invocation) {
    if let user = invocation.optional(.user) { writer.setUserID(user) }
    if let team = invocation.optional(.team) { writer.setTeamID(team) }
  }

  private static func name(_ invocation: Invocation) -> String {
    if let team = invocation.optional(.team) { return "team `\(team)`" }
    return "`\(invocation.value(.user))`"
  }
}
