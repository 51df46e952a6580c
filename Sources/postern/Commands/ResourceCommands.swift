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
    return try invocation.change(PosternClient.putResource, done: "put `\(resource)`") { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setResourceType(resource.type)
      request.setResourceID(resource.id)
      if let name = invocation.optional(.name) { request.setDisplayName(name) }
    }
  }

  private static func runGet(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resource = try ResourceName(invocation.operand(0))
    let now = invocation.context.nowSeconds
    return try invocation.show(PosternClient.getResource) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setResourceType(resource.type)
      request.setResourceID(resource.id)
    } as: { answer in
      guard let resource = answer.resource else { return "" }
      return describe(resource, nowSeconds: now)
    }
  }

  private static func runList(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let now = invocation.context.nowSeconds
    return try invocation.list(
      PosternClient.listResources, columns: ["RESOURCE", "NAME", "WRITERS", "UPDATED"],
      nothing: "no resources"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      if let type = invocation.optional(.type) { request.setResourceType(type) }
    } rows: { page, table in
      for index in 0..<page.resourcesCount {
        let resource = page.resources(at: index)
        table.add([
          "\(DisplayText(resource.type))/\(DisplayText(resource.id))",
          DisplayText(resource.displayName).description, "\(resource.writerCount)",
          HumanTime.short(resource.updated?.time, nowSeconds: now),
        ])
      }
    }
  }

  private static func runDelete(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resource = try ResourceName(invocation.operand(0))
    return try invocation.change(
      PosternClient.deleteResource, done: "there is no `\(resource)` any more"
    ) { request in
      request.setOrganizationID(invocation.value(.organization))
      request.setResourceType(resource.type)
      request.setResourceID(resource.id)
    }
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
