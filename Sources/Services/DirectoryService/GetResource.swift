internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For users of the organization and operators. Who created and changed it, with which token and
  // from which process, is for administrators and operators.
  func getResource(
    _ request: PosternV1.GetResourceRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.GetResourceResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    _ = try resourceType(request.resourceType)
    let resource = try Fields.resourceID(request.resourceID)
    let caller = try authenticate(call, snapshot)
    try requireMember(caller, organization.bytes, snapshot)
    try requireResource(organization.bytes, request.resourceType, resource.bytes, snapshot)
    write(
      resource: resource.bytes, request.resourceType, organization.bytes,
      showsAttribution: showsAttribution(caller, organization.bytes, snapshot), snapshot,
      into: response.makeResource())
  }
}
