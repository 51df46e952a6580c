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
    return try invocation.change(
      PosternClient.setWriter, done: "\(name(invocation)) may write `\(resource)`"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setResourceType(resource.type)
      request.setResourceID(resource.id)
      fill(request.makeWriter(), invocation)
    }
  }

  private static func runList(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resource = try ResourceName(invocation.operand(0))
    return try invocation.list(
      PosternClient.listWriters, columns: ["KIND", "ID"],
      nothing: "no writers: only administrators may write `\(resource)`"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setResourceType(resource.type)
      request.setResourceID(resource.id)
    } rows: { page, table in
      for index in 0..<page.writersCount {
        let writer = page.writers(at: index)
        if let user = writer.userID { table.add(["user", DisplayText(user).description]) }
        if let team = writer.teamID { table.add(["team", DisplayText(team).description]) }
      }
    }
  }

  private static func runRemove(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resource = try ResourceName(invocation.operand(0))
    return try invocation.change(
      PosternClient.removeWriter, done: "\(name(invocation)) is no writer of `\(resource)`"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setResourceType(resource.type)
      request.setResourceID(resource.id)
      fill(request.makeWriter(), invocation)
    }
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
