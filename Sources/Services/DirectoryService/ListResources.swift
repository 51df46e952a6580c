internal import Directory
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For users of the organization and operators; the attributions for administrators and operators.
  func listResources(
    _ request: PosternV1.ListResourcesRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.ListResourcesResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    if !request.resourceType.isEmpty { _ = try resourceType(request.resourceType) }
    let size = try Fields.pageSize(request.pageSize, limits)
    let after = try position(request.pageToken, type: request.resourceType)
    let caller = try authenticate(call, snapshot)
    try requireMember(caller, organization.bytes)
    try requireOrganization(organization.bytes, snapshot)
    let showsAttribution = showsAttribution(caller, organization.bytes, snapshot)
    var page = Page(size: size)
    snapshot.forEachResource(
      organization.bytes, type: request.resourceType, after: after.span
    ) { type, id in
      let key = request.resourceType.isEmpty ? Array(copying: type) + [0x2f] : []
      guard page.admits((key + Array(copying: id)).span) else { return false }
      write(
        resource: id, type, organization.bytes, showsAttribution: showsAttribution, snapshot,
        into: response.addResources())
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }

  /// Where a page begins: its token is the id of the last resource before, with its type and a
  /// slash before it when resources of every type are listed.
  private func position(_ token: Span<UInt8>, type: Span<UInt8>) throws(Status) -> [UInt8] {
    var position = Array(copying: token)
    guard !position.isEmpty else { return [] }
    var id = token
    if type.isEmpty {
      guard let slash = position.firstIndex(of: 0x2f) else {
        throw Fields.invalid("`page_token` is not one of an answer", "page_token")
      }
      guard policy.isResourceType(token.extracting(0..<slash)) else {
        throw Fields.invalid("`page_token` is not one of an answer", "page_token")
      }
      position[slash] = 0
      id = token.extracting((slash + 1)..<token.count)
    }
    _ = try Fields.resourceID(id, "page_token")
    return position
  }
}
