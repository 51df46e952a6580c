internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For users of the organization and operators.
  func listTeamMembers(
    _ request: PosternV1.ListTeamMembersRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.ListTeamMembersResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    let caller = try authenticate(call, snapshot)
    try requireMember(caller, organization.bytes, snapshot)
    try requireTeam(organization.bytes, team.bytes, snapshot)
    var page = try page(
      of: .directoryServiceListTeamMembers, request, size: request.pageSize,
      token: request.pageToken, snapshot)
    let start = page.start
    snapshot.forEachMember(organization.bytes, team.bytes, after: start.span) { user in
      guard page.reaches(user) else { return false }
      let item = response.addMembers()
      item.setUserID(user)
      page.add(item)
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}
