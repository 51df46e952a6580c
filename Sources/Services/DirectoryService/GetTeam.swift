internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For users of the organization and operators.
  func getTeam(
    _ request: PosternV1.GetTeamRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.GetTeamResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let team = try Fields.teamID(request.teamID)
    let caller = try authenticate(call, in: snapshot)
    try requireMember(caller, of: organization, in: snapshot)
    try requireTeam(team, of: organization, in: snapshot)
    writeTeam(team, of: organization, from: snapshot, into: response.makeTeam())
  }
}
