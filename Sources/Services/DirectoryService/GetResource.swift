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
    let resource = try Fields.resource(
      request.resourceID, ofCheckedType: request.resourceType, in: organization)
    let caller = try authenticate(call, in: snapshot)
    try requireMember(caller, of: organization, in: snapshot)
    try requireResource(resource, in: snapshot)
    writeResource(
      resource, showsAttribution: showsAttribution(caller, of: organization, in: snapshot),
      from: snapshot, into: response.makeResource())
  }
}
