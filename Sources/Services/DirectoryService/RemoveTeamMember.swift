internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization, the member itself, and operators.
  func removeTeamMember(
    _ request: PosternV1.RemoveTeamMemberRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.RemoveTeamMemberResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    let user = try Fields.userID(request.userID)
    let target = Target(organization.bytes, userID: user.bytes)
    try authorize(caller, "team.remove_member", target, draft)
    try requireOrganization(organization.bytes, draft)
    try requireTeam(organization.bytes, team.bytes, draft)
    guard draft.isTeamMember(organization.bytes, team.bytes, user.bytes) else { return }
    draft.append(by: caller.actor) { entry in
      let removed = entry.makeTeamMemberRemoved()
      removed.setOrganizationID(organization.bytes)
      removed.setTeamID(team.bytes)
      removed.setUserID(user.bytes)
    }
  }
}
