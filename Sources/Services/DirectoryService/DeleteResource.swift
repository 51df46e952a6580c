internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // Needs `<type>.delete`. The resource's writers go with it.
  func deleteResource(
    _ request: PosternV1.DeleteResourceRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.DeleteResourceResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let type = try resourceType(request.resourceType)
    let resource = try Fields.resource(
      request.resourceID, ofCheckedType: request.resourceType, in: organization)
    try authorize(caller, verb: "delete", of: type, on: Target(resource), in: draft)
    try requireOrganization(organization, in: draft)
    guard draft.resource(resource) != nil else { return }
    draft.deleteResource(resource, by: caller.actor)
  }
}
