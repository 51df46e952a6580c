internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func addTeamMember(
    _ request: PosternV1.AddTeamMemberRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.AddTeamMemberResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    let user = try Fields.userID(request.userID)
    try authorize(caller, "team.add_member", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    try requireTeam(team, of: organization, in: draft)
    try requireUser(user, of: organization, in: draft)
    guard !draft.isTeamMember(user, of: team, in: organization) else { return }
    try DirectoryRoom(limits).requireMember(user, of: team, in: organization, draft)
    draft.addTeamMember(user, to: team, in: organization, by: caller.actor)
  }
}
