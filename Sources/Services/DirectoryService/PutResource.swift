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
    let resource = try Fields.resourceID(request.resourceID)
    let name = try Fields.text(request.displayName, "display_name")
    let target = Target(
      organization.bytes, resourceType: request.resourceType, resourceID: resource.bytes)
    let previous = try nameBefore(caller, type, target, draft)
    let exists = previous != nil
    try requireOrganization(organization.bytes, draft)

    draft.append(by: caller.actor) { entry in
      let put = entry.makeResourcePut()
      put.setOrganizationID(organization.bytes)
      put.setResourceType(request.resourceType)
      put.setResourceID(resource.bytes)
      put.setDisplayName(name.bytes)
      put.setCreated(!exists)
      if let previous { put.setOldDisplayName(previous.span) }
    }
    if !exists, caller.kind == .user, policy.storage(of: type) == .writable {
      let creator = caller.userID
      draft.append(by: caller.actor) { entry in
        let writer = entry.makeWriterSet()
        writer.setOrganizationID(organization.bytes)
        writer.setResourceType(request.resourceType)
        writer.setResourceID(resource.bytes)
        writer.setUserID(creator.span)
      }
    }
    write(
      resource: resource.bytes, request.resourceType, organization.bytes,
      showsAttribution: showsAttribution(caller, organization.bytes, draft), draft,
      into: response.makeResource())
  }
  /// The name of the resource, nil if there is none, for a caller who may put it. Who may neither
  /// create nor update one, and is no member who may know which there are, gets one answer.
  private func nameBefore(
    _ caller: Caller, _ type: ResourceType, _ target: Target, _ draft: borrowing Draft
  ) throws(Status) -> [UInt8]? {
    let isMember = isMember(caller, target.organizationID)
    if !isMember, !allows("update", caller, type, target, draft) {
      try authorize(caller, type, "create", target, draft)
    }
    let name = recordedName(
      ofResource: target.resourceID, target.resourceType, target.organizationID, draft)
    try authorize(caller, type, name == nil ? "create" : "update", target, draft)
    return name
  }

  private func allows(
    _ verb: String, _ caller: Caller, _ type: ResourceType, _ target: Target,
    _ draft: borrowing Draft
  ) -> Bool {
    guard let action = policy.action(verb, on: type) else { return false }
    return decide(action, caller.subject, target, draft).isAllowed
  }
}
