internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For administrators of the organization, present writers of the item, a user for its own entry,
  // and operators.
  func removeWriter(
    _ request: PosternV1.RemoveWriterRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.RemoveWriterResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let type = try writableType(request.resourceType)
    let resource = try Fields.resource(
      request.resourceID, ofCheckedType: request.resourceType, in: organization)
    let principal = try principal(request.writer)
    let user: UserID? = if case .user(let id) = principal { id } else { nil }
    try authorize(
      caller, verb: "remove_writer", of: type, on: Target(resource, user: user), in: draft)
    try requireResource(resource, in: draft)
    guard draft.isWriter(principal, of: resource) else { return }
    draft.removeWriter(principal, of: resource, by: caller.actor)
  }
}
