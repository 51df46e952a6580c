internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For administrators of the organization, present writers of the item, and operators.
  func setWriter(
    _ request: PosternV1.SetWriterRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.SetWriterResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let type = try writableType(request.resourceType)
    let resource = try Fields.resourceID(request.resourceID)
    let principal = try principal(request.writer)
    let target = Target(
      organization.bytes, resourceType: request.resourceType, resourceID: resource.bytes)
    try authorize(caller, type, "set_writer", target, draft)
    try requireResource(organization.bytes, request.resourceType, resource.bytes, draft)
    switch principal {
    case .user(let id): try requireUser(organization.bytes, id, draft)
    case .team(let id): try requireTeam(organization.bytes, id, draft)
    }
    guard
      !draft.isWriter(organization.bytes, request.resourceType, resource.bytes, principal)
    else { return }
    try DirectoryRoom(limits).requireWriter(
      organization.bytes, request.resourceType, resource.bytes, draft)
    draft.append(by: caller.actor) { entry in
      let writer = entry.makeWriterSet()
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
