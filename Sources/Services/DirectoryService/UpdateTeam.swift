internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func updateTeam(
    _ request: PosternV1.UpdateTeamRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.UpdateTeamResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    _ = try Fields.mask(request.updateMask, ["display_name"])
    let name = try Fields.text(request.displayName, "display_name")
    try authorize(caller, "team.update", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    try requireTeam(team, of: organization, in: draft)
    let old = recordedName(of: team, in: organization, draft)
    if let old, !old.span.isEqual(to: name.bytes) {
      draft.append(by: caller.actor) { entry in
        let updated = entry.makeTeamUpdated()
        updated.setOrganizationID(organization.bytes)
        updated.setTeamID(team.bytes)
        updated.setDisplayName(name.bytes)
        updated.setOldDisplayName(old.span)
      }
    }
    writeTeam(team, of: organization, from: draft, into: response.makeTeam())
  }
}
