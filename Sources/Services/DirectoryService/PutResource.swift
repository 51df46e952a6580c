internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // Needs `<type>.create`, or `<type>.update` for a resource that is there. The user who creates an
  // item that has writers is its first one.
  func putResource(
    _ request: PosternV1.PutResourceRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.PutResourceResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let type = try resourceType(request.resourceType)
    let resource = ResourceReference(
      in: organization, type: ResourceTypeName(stored: request.resourceType),
      id: try Fields.resourceID(request.resourceID))
    let name = try Fields.text(request.displayName, "display_name")
    let previous = try nameBefore(caller, type, resource, draft)
    let exists = previous != nil
    try requireOrganization(organization, in: draft)

    draft.append(by: caller.actor) { entry in
      let put = entry.makeResourcePut()
      put.setOrganizationID(organization.bytes)
      put.setResourceType(request.resourceType)
      put.setResourceID(resource.id.bytes)
      put.setDisplayName(name.bytes)
      put.setCreated(!exists)
      if let previous { put.setOldDisplayName(previous.span) }
    }
    if !exists, caller.kind == .user, policy.storage(of: type) == .writable {
      let creator = caller.user
      draft.append(by: caller.actor) { entry in
        let writer = entry.makeWriterSet()
        writer.setOrganizationID(organization.bytes)
        writer.setResourceType(request.resourceType)
        writer.setResourceID(resource.id.bytes)
        writer.setUserID(creator.span)
      }
    }
    writeResource(
      resource, showsAttribution: showsAttribution(caller, of: organization, in: draft),
      from: draft, into: response.makeResource())
  }

  /// The name of the resource, nil if there is none, for a caller that may put it. A caller that may
  /// neither create nor update it, and is no member, can't tell from the answer whether it exists.
  private func nameBefore(
    _ caller: Caller, _ type: ResourceType, _ resource: ResourceReference,
    _ draft: borrowing Draft
  ) throws(Status) -> [UInt8]? {
    let isMember = isMember(caller, of: resource.organizationID)
    if !isMember, !allows("update", caller, type, resource, draft) {
      try authorize(caller, verb: "create", of: type, on: Target(resource), in: draft)
    }
    let name = recordedName(of: resource, in: draft)
    try authorize(
      caller, verb: name == nil ? "create" : "update", of: type, on: Target(resource), in: draft)
    return name
  }

  private func allows(
    _ verb: String, _ caller: Caller, _ type: ResourceType, _ resource: ResourceReference,
    _ draft: borrowing Draft
  ) -> Bool {
    guard let action = policy.action(verb, on: type) else { return false }
    return decision(on: action, by: caller.subject, to: Target(resource), in: draft).isAllowed
  }
}
