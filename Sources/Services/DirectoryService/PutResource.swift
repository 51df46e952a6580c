internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // Needs `<type>.create`, or `<type>.update` for a resource that is there. The user who creates an
  // item that has writers is its first one.
  func putResource(
    _ request: PosternV1.PutResourceRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.PutResourceResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let type = try resourceType(request.resourceType)
    let resource = try Fields.resource(
      request.resourceID, ofCheckedType: request.resourceType, in: organization)
    let name = try Fields.text(request.displayName, "display_name")
    try authorizePut(of: resource, type, by: caller, in: draft)
    let exists = draft.resource(resource) != nil
    try requireOrganization(organization, in: draft)

    draft.putResource(resource, named: name.bytes, by: caller.actor)
    if !exists, policy.storage(of: type) == .writable, let creator = caller.userID {
      draft.setWriter(.user(creator), of: resource, by: caller.actor)
    }
    writeResource(
      resource, showsAttribution: showsAttribution(caller, of: organization, in: draft),
      from: draft, into: response.makeResource())
  }

  /// Refuses the call unless its caller may create the resource, or update the one that is there.
  /// A caller that may do neither, and is no member, can't tell from the answer whether it exists.
  private func authorizePut(
    of resource: ResourceReference, _ type: ResourceType, by caller: Caller,
    in draft: borrowing Draft
  ) throws(Status) {
    let target = Target(resource)
    if !isMember(caller, of: resource.organizationID) {
      let mayUpdate =
        if let action = policy.action("update", on: type) {
          decision(on: action, by: caller.subject, to: target, in: draft).isAllowed
        } else {
          false
        }
      if !mayUpdate { try authorize(caller, verb: "create", of: type, on: target, in: draft) }
    }
    let verb = draft.resource(resource) == nil ? "create" : "update"
    try authorize(caller, verb: verb, of: type, on: target, in: draft)
  }
}
