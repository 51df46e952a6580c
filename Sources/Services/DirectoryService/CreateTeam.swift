internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func createTeam(
    _ request: PosternV1.CreateTeamRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.CreateTeamResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    let name = try Fields.text(request.displayName, "display_name")
    try authorize(caller, "team.create", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    guard draft.team(organization, team) == nil else {
      throw alreadyExists("team", team.bytes)
    }
    draft.createTeam(team, in: organization, named: name.bytes, by: caller.actor)
    writeTeam(team, of: organization, from: draft, into: response.makeTeam())
  }
}
