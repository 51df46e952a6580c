internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For users of the organization and operators; the attributions for administrators and operators.
  func listResources(
    _ request: PosternV1.ListResourcesRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ListResourcesResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    if !request.resourceType.isEmpty { _ = try resourceType(request.resourceType) }
    let type = ResourceTypeName(storedOrEmpty: request.resourceType)
    let caller = try authenticate(call, in: snapshot)
    try requireMember(caller, of: organization, in: snapshot)
    try requireOrganization(organization, in: snapshot)
    let showsAttribution = showsAttribution(caller, of: organization, in: snapshot)
    var page = try page(
      of: .directoryServiceListResources, request, size: request.pageSize, token: request.pageToken,
      snapshot)
    let start = page.start
    snapshot.forEachResource(in: organization, type: type, after: start.span) {
      position, resource in
      guard page.reaches(position) else { return false }
      let item = response.addResources()
      writeResource(resource, showsAttribution: showsAttribution, from: snapshot, into: item)
      page.add(item)
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}
