internal import Messages
internal import PosternClient

/// `postern org ...`.
enum OrganizationCommands {
  static let all = [create, get, list, delete]

  private static let id = Operand(name: "ORG", summary: "The organization's id.")

  private static let create = Command(
    words: ["org", "create"], summary: "Creates an organization with its first administrator.",
    operands: [id], required: [.administrator], optional: [.name],
    details: ["Only for operators: root, the daemon's user, and those that are configured."],
    examples: ["postern org create acme --admin alice --name 'Acme Inc.'"], run: runCreate)

  private static let get = Command(
    words: ["org", "get"], summary: "Shows an organization.", operands: [id],
    examples: ["postern org get acme"], run: runGet)

  private static let list = Command(
    words: ["org", "list"], summary: "Lists the organizations.",
    details: ["Only for operators: root, the daemon's user, and those that are configured."],
    examples: ["postern org list"], run: runList)

  private static let delete = Command(
    words: ["org", "delete"], summary: "Deletes an organization with all that it holds.",
    operands: [id], optional: [.yes],
    details: [
      "Its users, teams and resources end, and all of its tokens are revoked. There is no way",
      "back.",
      "Only for operators: root, the daemon's user, and those that are configured.",
    ],
    examples: ["postern org delete acme --yes"], run: runDelete)

  private static func runCreate(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let administrator = invocation.value(.administrator)
    return try invocation.change(
      PosternClient.createOrganization,
      done: "created organization `\(invocation.operand(0))` with administrator `\(administrator)`"
    ) { request in
      request.setOrganizationID(invocation.operand(0))
      request.setAdministratorUserID(administrator)
      if let name = invocation.optional(.name) { request.setDisplayName(name) }
    }
  }

  private static func runGet(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let now = invocation.context.nowSeconds
    return try invocation.show(PosternClient.getOrganization) { request in
      request.setOrganizationID(invocation.operand(0))
    } as: { answer in
      var table = TextTable()
      if let organization = answer.organization {
        table.add("id", DisplayText(organization.id).description)
        table.add("name", DisplayText(organization.displayName).description)
        table.add("created", HumanTime.long(organization.createdAt, nowSeconds: now))
      }
      return table.text
    }
  }

  private static func runList(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let now = invocation.context.nowSeconds
    return try invocation.list(
      PosternClient.listOrganizations, columns: ["ID", "NAME", "CREATED"],
      nothing: "no organizations: `postern org create ORG --admin USER` makes one"
    ) { _ in
    } rows: { page, table in
      for index in 0..<page.organizationsCount {
        let organization = page.organizations(at: index)
        table.add([
          DisplayText(organization.id).description,
          DisplayText(organization.displayName).description,
          HumanTime.short(organization.createdAt, nowSeconds: now),
        ])
      }
    }
  }

  private static func runDelete(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let id = invocation.operand(0)
    try invocation.confirm(
      "`\(id)` would end with all users, teams, resources and tokens, for ever")
    return try invocation.change(
      PosternClient.deleteOrganization,
      done: "there is no organization `\(id)` any more, and its tokens are revoked"
    ) { request in
      request.setOrganizationID(id)
    }
  }
}
