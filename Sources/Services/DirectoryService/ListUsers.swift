internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func listUsers(
    _ request: PosternV1.ListUsersRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ListUsersResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let caller = try authenticate(call, in: snapshot)
    try authorize(caller, "organization_user.get", on: Target(in: organization), in: snapshot)
    try requireOrganization(organization, in: snapshot)

    var page = try page(
      of: .directoryServiceListUsers, request, size: request.pageSize, token: request.pageToken,
      snapshot)
    let start = page.start
    snapshot.forEachUser(in: organization, after: start.span) { id, record in
      guard page.reaches(id.bytes) else { return false }
      let item = response.addUsers()
      writeUser(id, of: organization, record, into: item)
      page.add(item)
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}
