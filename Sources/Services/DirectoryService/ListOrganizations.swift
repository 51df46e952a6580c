internal import Directory
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For operators.
  func listOrganizations(
    _ request: PosternV1.ListOrganizationsRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.ListOrganizationsResponse.Builder
  ) throws(Status) {
    let size = try Fields.pageSize(request.pageSize, limits)
    let caller = try authenticate(call, snapshot)
    try requireOperator(caller, "listing the organizations")
    if !request.pageToken.isEmpty {
      _ = try Fields.organizationID(request.pageToken, "page_token")
    }
    var page = Page(size: size)
    snapshot.forEachOrganization(after: request.pageToken) { id in
      guard page.admits(id) else { return false }
      write(organization: id, snapshot, into: response.addOrganizations())
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}
