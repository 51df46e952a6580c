internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For users of the organization and operators. Administrators and operators also see who created
  // and changed it, with which token and from which process.
  func getResource(
    _ request: PosternV1.GetResourceRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.GetResourceResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    _ = try resourceType(request.resourceType)
    let resource = ResourceReference(
      in: organization, type: ResourceTypeName(stored: request.resourceType),
      id: try Fields.resourceID(request.resourceID))
    let caller = try authenticate(call, in: snapshot)
    try requireMember(caller, of: organization, in: snapshot)
    try requireResource(resource, in: snapshot)
    writeResource(
      resource, showsAttribution: showsAttribution(caller, of: organization, in: snapshot),
      from: snapshot, into: response.makeResource())
  }
}
