internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func updateTeam(
    _ request: PosternV1.UpdateTeamRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.UpdateTeamResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    _ = try Fields.mask(request.updateMask, ["display_name"])
    let name = try Fields.text(request.displayName, "display_name")
    try authorize(caller, "team.update", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    try requireTeam(team, of: organization, in: draft)
    let isRenamed = draft.team(organization, team)?.displayName.isEqual(to: name.bytes) == false
    if isRenamed {
      draft.renameTeam(team, in: organization, to: name.bytes, by: caller.actor)
    }
    writeTeam(team, of: organization, from: draft, into: response.makeTeam())
  }
}
