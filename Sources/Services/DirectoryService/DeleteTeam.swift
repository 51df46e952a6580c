internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators. The team's write permissions end with it.
  func deleteTeam(
    _ request: PosternV1.DeleteTeamRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.DeleteTeamResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    try authorize(caller, "team.delete", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    guard draft.team(organization, team) != nil else { return }
    guard !removeSomeWriters(.team(team), in: organization, by: caller, &draft) else {
      draft.nextStep = Continuation(
        subject: Self.subject(organization, team: team), position: [])
      return
    }
    draft.deleteTeam(team, in: organization, by: caller.actor)
  }
}
