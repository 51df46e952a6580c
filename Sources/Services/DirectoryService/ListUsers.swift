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

    // A page token is the id of the page's last user. One more is read, to know whether there is.
    var count = 0
    var last = ""
    snapshot.forEachUser(organization.bytes, after: request.pageToken) { id, record in
      guard count < size else {
        response.setNextPageToken(last)
        return false
      }
      write(record, organization.bytes, id, into: response.addUsers())
      count += 1
      if count == size { last = String(copying: id) }
      return true
    }
  }
}
