internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For operators.
  func listOrganizations(
    _ request: PosternV1.ListOrganizationsRequest, for call: Call,
    from snapshot: borrowing Snapshot,
    into response: PosternV1.ListOrganizationsResponse.Builder
  ) throws(Status) {
    let caller = try authenticate(call, in: snapshot)
    try requireOperator(caller, "listing the organizations")
    var page = try page(
      of: .directoryServiceListOrganizations, request, size: request.pageSize,
      token: request.pageToken,
      snapshot)
    let start = page.start
    snapshot.forEachOrganization(after: start.span) { id in
      guard page.reaches(id.bytes) else { return false }
      let item = response.addOrganizations()
      writeOrganization(id, from: snapshot, into: item)
      page.add(item)
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}
