internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For users of the organization and operators. The teams of another user, and whether there is
  // such a user, for callers that may read users.
  func listTeams(
    _ request: PosternV1.ListTeamsRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ListTeamsResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let member = try Fields.optionalUserID(request.userID)
    let caller = try authenticate(call, in: snapshot)
    try requireMember(caller, of: organization, in: snapshot)
    if let member, !caller.isUser(member, of: organization) {
      try authorize(caller, "organization_user.get", on: Target(in: organization), in: snapshot)
    }
    try requireOrganization(organization, in: snapshot)
    if let member { try requireUser(member, of: organization, in: snapshot) }
    var page = try page(
      of: .directoryServiceListTeams, request, size: request.pageSize, token: request.pageToken,
      snapshot)
    let start = page.start
    snapshot.forEachTeam(in: organization, member: member, after: start.span) { id in
      guard page.reaches(id.bytes) else { return false }
      let item = response.addTeams()
      writeTeam(id, of: organization, from: snapshot, into: item)
      page.add(item)
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}
