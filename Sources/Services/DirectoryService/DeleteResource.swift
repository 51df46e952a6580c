internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // Needs `<type>.delete`. The resource's writers go with it.
  func deleteResource(
    _ request: PosternV1.DeleteResourceRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.DeleteResourceResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let type = try resourceType(request.resourceType)
    let resource = try Fields.resourceID(request.resourceID)
    let target = Target(
      organization.bytes, resourceType: request.resourceType, resourceID: resource.bytes)
    try authorize(caller, type, "delete", target, draft)
    try requireOrganization(organization.bytes, draft)
    let recorded = recordedName(
      ofResource: resource.bytes, request.resourceType, organization.bytes, draft)
    guard let name = recorded else { return }
    draft.append(by: caller.actor) { entry in
      let deleted = entry.makeResourceDeleted()
      deleted.setOrganizationID(organization.bytes)
      deleted.setResourceType(request.resourceType)
      deleted.setResourceID(resource.bytes)
      deleted.setDisplayName(name.span)
    }
  }
}
