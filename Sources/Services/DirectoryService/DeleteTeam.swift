internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators. The team's write permissions end with it.
  func deleteTeam(
    _ request: PosternV1.DeleteTeamRequest, from start: Continuation?, by caller: Caller,
    in draft: inout Draft, into response: PosternV1.DeleteTeamResponse.Builder
  ) throws(Status) -> StepEnd {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    try authorize(caller, "team.delete", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    guard draft.team(organization, team) != nil else { return .done }
    guard !removeSomeWriters(.team(team), in: organization, by: caller, &draft) else {
      return .continues(
        Continuation(subject: Self.subject(organization, team: team), position: []))
    }
    draft.deleteTeam(team, in: organization, by: caller.actor)
    return .done
  }
}
