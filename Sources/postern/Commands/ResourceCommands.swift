internal import Messages
internal import PosternClient

/// `postern resource ...`.
enum ResourceCommands {
  static let all = [put, get]

  private static let put = Command(
    words: ["resource", "put"], summary: "Creates a resource, or renames it.",
    operands: [ResourceName.operand], required: [.organization], optional: [.name],
    details: ["The user who creates it is its first writer."],
    examples: ["postern resource put dashboard/latency --org acme --name Latency"], run: runPut)

  private static let get = Command(
    words: ["resource", "get"], summary: "Shows a resource and who may write it.",
    operands: [ResourceName.operand], required: [.organization], run: runGet)

  private static func runPut(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resource = try ResourceName(invocation.operand(0))
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.putResource { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setResourceType(resource.type)
        request.setResourceID(resource.id)
        if let name = invocation.optional(.name) { request.setDisplayName(name) }
      }
    }
    try invocation.answer(reply.message) { "put `\(resource)` (revision \($0.revision))" }
    return .success
  }

  private static func runGet(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resource = try ResourceName(invocation.operand(0))
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.getResource { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setResourceType(resource.type)
        request.setResourceID(resource.id)
      }
    }
    let now = invocation.surroundings.nowSeconds
    try invocation.answer(reply.message) { answer in
      guard let resource = answer.resource else { return "" }
      return describe(resource, nowSeconds: now)
    }
    return .success
  }

  private static func describe(_ resource: PosternV1.Resource, nowSeconds: Int64) -> String {
    var table = TextTable()
    table.add("type", DisplayText(resource.type).description)
    table.add("id", DisplayText(resource.id).description)
    table.add("organization", DisplayText(resource.organizationID).description)
    table.add("name", DisplayText(resource.displayName).description)
    var writers: [String] = []
    for index in 0..<resource.writersCount {
      let writer = resource.writers(at: index)
      if let user = writer.userID { writers.append(DisplayText(user).description) }
      if let team = writer.teamID { writers.append("team \(DisplayText(team))") }
    }
    table.add("writers", writers.isEmpty ? "none" : writers.joined(separator: ", "))
    if let change = resource.created {
      table.add("created", HumanTime.long(change.time, nowSeconds: nowSeconds))
      table.add("created by", TokenText.attribution(change))
    }
    if let change = resource.updated {
      table.add("updated", HumanTime.long(change.time, nowSeconds: nowSeconds))
      table.add("updated by", TokenText.attribution(change))
    }
    return table.text
  }
}
