internal import Directory
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func listUsers(
    _ request: PosternV1.ListUsersRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.ListUsersResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let size = try Fields.pageSize(request.pageSize, limits)
    let caller = try authenticate(call, snapshot)
    try authorize(caller, "organization_user.get", Target(organization.bytes), snapshot)
    try requireOrganization(organization.bytes, snapshot)
    if !request.pageToken.isEmpty { _ = try Fields.userID(request.pageToken, "page_token") }

    var page = Page(size: size)
    snapshot.forEachUser(organization.bytes, after: request.pageToken) { id, record in
      guard page.admits(id) else { return false }
      write(record, organization.bytes, id, into: response.addUsers())
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}
