internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For users of the organization and operators. The teams of another user, and whether there is
  // such a user, for whoever may read users.
  func listTeams(
    _ request: PosternV1.ListTeamsRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.ListTeamsResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    if !request.userID.isEmpty { _ = try Fields.userID(request.userID) }
    let caller = try authenticate(call, snapshot)
    try requireMember(caller, organization.bytes, snapshot)
    if !request.userID.isEmpty, !caller.isUser(request.userID, of: organization.bytes) {
      try authorize(caller, "organization_user.get", Target(organization.bytes), snapshot)
    }
    try requireOrganization(organization.bytes, snapshot)
    if !request.userID.isEmpty {
      try requireUser(organization.bytes, request.userID, snapshot)
    }
    var page = try page(
      of: .directoryServiceListTeams, request, size: request.pageSize, token: request.pageToken,
      snapshot)
    let start = page.start
    snapshot.forEachTeam(organization.bytes, member: request.userID, after: start.span) { id in
      guard page.reaches(id) else { return false }
      let item = response.addTeams()
      write(team: id, organization.bytes, snapshot, into: item)
      page.add(item)
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}
