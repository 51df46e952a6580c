internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For users of the organization and operators.
  func listTeamMembers(
    _ request: PosternV1.ListTeamMembersRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ListTeamMembersResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    let caller = try authenticate(call, in: snapshot)
    try requireMember(caller, of: organization, in: snapshot)
    try requireTeam(team, of: organization, in: snapshot)
    var page = try page(
      of: .directoryServiceListTeamMembers, request, size: request.pageSize,
      token: request.pageToken, snapshot)
    let start = page.start
    snapshot.forEachMember(of: team, in: organization, after: start.span) { user in
      guard page.reaches(user.bytes) else { return false }
      let item = response.addMembers()
      item.setUserID(user.bytes)
      page.add(item)
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}
