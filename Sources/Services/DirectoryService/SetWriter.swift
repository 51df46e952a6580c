internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For administrators of the organization, present writers of the item, and operators.
  func setWriter(
    _ request: PosternV1.SetWriterRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.SetWriterResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let type = try writableType(request.resourceType)
    let resource = try Fields.resource(
      request.resourceID, ofCheckedType: request.resourceType, in: organization)
    let principal = try principal(request.writer)
    try authorize(caller, verb: "set_writer", of: type, on: Target(resource), in: draft)
    try requireResource(resource, in: draft)
    switch principal {
    case .user(let id): try requireUser(id, of: organization, in: draft)
    case .team(let id): try requireTeam(id, of: organization, in: draft)
    }
    guard !draft.isWriter(principal, of: resource) else { return }
    try DirectoryRoom(limits).requireWriter(of: resource, in: draft)
    draft.setWriter(principal, of: resource, by: caller.actor)
  }
}
