internal import Messages
internal import PosternClient

/// `postern resource ...`.
enum ResourceCommands {
  static let all = [put, get, list, delete]

  private static let put = Command(
    words: ["resource", "put"], summary: "Creates a resource, or renames it.",
    operands: [ResourceName.operand], required: [.organization], optional: [.name],
    details: ["The user who creates it is its first writer."],
    examples: ["postern resource put dashboard/latency --org acme --name Latency"], run: runPut)

  private static let get = Command(
    words: ["resource", "get"], summary: "Shows a resource and its creator.",
    operands: [ResourceName.operand], required: [.organization],
    examples: ["postern resource get dashboard/latency --org acme"], run: runGet)

  private static let list = Command(
    words: ["resource", "list"], summary: "Lists the resources of an organization.",
    required: [.organization], optional: [.type],
    examples: ["postern resource list --org acme --type dashboard"], run: runList)

  private static let delete = Command(
    words: ["resource", "delete"], summary: "Deletes a resource and its list of writers.",
    operands: [ResourceName.operand], required: [.organization],
    details: ["Deleting a resource that isn't there succeeds."],
    examples: ["postern resource delete dashboard/latency --org acme"], run: runDelete)

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

  private static func runList(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let client = try invocation.connect()
    let now = invocation.surroundings.nowSeconds
    var table = TextTable(["RESOURCE", "NAME", "WRITERS", "UPDATED"])
    try Pages.read(invocation, table: &table, nothing: "no resources") {
      (token, table) throws(Failure) -> String in
      let reply = try invocation.ask(over: client) { (client) throws(ClientError) in
        try client.listResources { request in
          request.setOrganizationID(invocation.value(.organization))
          if let type = invocation.optional(.type) { request.setResourceType(type) }
          request.setPageSize(Pages.size)
          request.setPageToken(token)
        }
      }
      let page = reply.message
      if invocation.output == .json { try invocation.print(page.jsonText) }
      for index in 0..<page.resourcesCount {
        let resource = page.resources(at: index)
        table.add([
          "\(DisplayText(resource.type))/\(DisplayText(resource.id))",
          DisplayText(resource.displayName).description, "\(resource.writerCount)",
          HumanTime.short(resource.updated?.time, nowSeconds: now),
        ])
      }
      return DisplayText(page.nextPageToken).description
    }
    return .success
  }

  private static func runDelete(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resource = try ResourceName(invocation.operand(0))
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.deleteResource { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setResourceType(resource.type)
        request.setResourceID(resource.id)
      }
    }
    try invocation.answer(reply.message) {
      "there is no `\(resource)` any more (revision \($0.revision))"
    }
    return .success
  }

  private static func describe(_ resource: PosternV1.Resource, nowSeconds: Int64) -> String {
    var table = TextTable()
    table.add("type", DisplayText(resource.type).description)
    table.add("id", DisplayText(resource.id).description)
    table.add("organization", DisplayText(resource.organizationID).description)
    table.add("name", DisplayText(resource.displayName).description)
    table.add("writers", "\(resource.writerCount)")
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
