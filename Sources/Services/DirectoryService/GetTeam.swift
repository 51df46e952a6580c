internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For users of the organization and operators.
  func getTeam(
    _ request: PosternV1.GetTeamRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.GetTeamResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    let caller = try authenticate(call, snapshot)
    try requireMember(caller, organization.bytes, snapshot)
    try requireTeam(organization.bytes, team.bytes, snapshot)
    write(team: team.bytes, organization.bytes, snapshot, into: response.makeTeam())
  }
}
