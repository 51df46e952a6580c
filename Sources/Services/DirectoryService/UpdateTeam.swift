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
    try authorize(caller, "team.update", Target(organization.bytes), draft)
    try requireOrganization(organization.bytes, draft)
    try requireTeam(organization.bytes, team.bytes, draft)
    let old = recordedName(ofTeam: team.bytes, organization.bytes, draft)
    if let old, !old.span.isEqual(to: name.bytes) {
      draft.append(by: caller.actor) { entry in
        let updated = entry.makeTeamUpdated()
        updated.setOrganizationID(organization.bytes)
        updated.setTeamID(team.bytes)
        updated.setDisplayName(name.bytes)
        updated.setOldDisplayName(old.span)
      }
    }
    write(team: team.bytes, organization.bytes, draft, into: response.makeTeam())
  }
}
