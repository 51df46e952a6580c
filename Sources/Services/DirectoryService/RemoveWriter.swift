internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For administrators of the organization, present writers of the item, a user for its own entry,
  // and operators.
  func removeWriter(
    _ request: PosternV1.RemoveWriterRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.RemoveWriterResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let type = try writableType(request.resourceType)
    let resource = try Fields.resourceID(request.resourceID)
    let principal = try principal(request.writer)
    let entryOf = if case .user(let id) = principal { id } else { Span<UInt8>() }
    let target = Target(
      organization.bytes, resourceType: request.resourceType, resourceID: resource.bytes,
      userID: entryOf)
    try authorize(caller, type, "remove_writer", target, draft)
    try requireResource(organization.bytes, request.resourceType, resource.bytes, draft)
    guard draft.isWriter(organization.bytes, request.resourceType, resource.bytes, principal)
    else { return }
    draft.append(by: caller.actor) { entry in
      let writer = entry.makeWriterRemoved()
      writer.setOrganizationID(organization.bytes)
      writer.setResourceType(request.resourceType)
      writer.setResourceID(resource.bytes)
      switch principal {
      case .user(let id): writer.setUserID(id)
      case .team(let id): writer.setTeamID(id)
      }
    }
  }
}
