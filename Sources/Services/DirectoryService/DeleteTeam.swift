internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators. The team's write permissions end with it.
  func deleteTeam(
    _ request: PosternV1.DeleteTeamRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.DeleteTeamResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    try authorize(caller, "team.delete", Target(organization.bytes), draft)
    try requireOrganization(organization.bytes, draft)
    guard let name = recordedName(ofTeam: team.bytes, organization.bytes, draft) else { return }
    guard !removeSomeWriters(organization.bytes, .team(team.bytes), by: caller, &draft) else {
      draft.continuation = Continuation(
        subject: Self.subject(organization.bytes, team: team.bytes), position: [])
      return
    }
    draft.append(by: caller.actor) { entry in
      let deleted = entry.makeTeamDeleted()
      deleted.setOrganizationID(organization.bytes)
      deleted.setTeamID(team.bytes)
      deleted.setDisplayName(name.span)
    }
  }
}
