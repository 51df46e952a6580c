internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For users of the organization and operators.
  func listWriters(
    _ request: PosternV1.ListWritersRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ListWritersResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    _ = try resourceType(request.resourceType)
    let resource = try Fields.resource(
      request.resourceID, ofCheckedType: request.resourceType, in: organization)
    let caller = try authenticate(call, in: snapshot)
    try requireMember(caller, of: organization, in: snapshot)
    try requireResource(resource, in: snapshot)
    var page = try page(
      of: .directoryServiceListWriters, request, size: request.pageSize, token: request.pageToken,
      snapshot)
    // Teams sort before users in the table, and come after them in the contract: a position says
    // in its first byte which of the two it is among.
    let start = page.start
    let beginsWithTeams = start.first == Self.teamPlace
    for teams in beginsWithTeams ? [true] : [false, true] {
      let after = teams == beginsWithTeams ? Array(start.dropFirst()) : []
      snapshot.forEachWriter(of: resource, teams: teams, after: after.span) { writer in
        let place = [teams ? Self.teamPlace : Self.userPlace] + Array(copying: writer.id)
        guard page.reaches(place.span) else { return false }
        let item = response.addWriters()
        ExportWalk.writeWriter(writer, into: item)
        page.add(item)
        return true
      }
      guard page.nextToken.isEmpty else { break }
    }
    response.setNextPageToken(page.nextToken.span)
  }

  private static var userPlace: UInt8 { UInt8(ascii: "u") }
  private static var teamPlace: UInt8 { UInt8(ascii: "t") }
}
