internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization, the member itself, and operators.
  func removeTeamMember(
    _ request: PosternV1.RemoveTeamMemberRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.RemoveTeamMemberResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    let user = try Fields.userID(request.userID)
    let target = Target(in: organization, user: user)
    try authorize(caller, "team.remove_member", on: target, in: draft)
    try requireOrganization(organization, in: draft)
    try requireTeam(team, of: organization, in: draft)
    guard draft.isTeamMember(user, of: team, in: organization) else { return }
    draft.removeTeamMember(user, from: team, in: organization, by: caller.actor)
  }
}
