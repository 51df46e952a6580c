internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For operators. On a background thread: it asks the database. The daemon ends once it has
  // answered.
  func rebuildMember(
    _ request: PosternV1.RebuildMemberRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.RebuildMemberResponse.Builder
  ) throws(Status) {
    let caller = try authenticate(call, in: snapshot)
    try requireOperator(caller, "giving up the changes of this host")
    guard let membership = status.fleet else { throw .noFleet }
    let end = try membership.control.rebuildMember(membership)
    response.setFirstLostRevision(end.firstRevision)
    response.setLostCount(end.count)
    response.setFile("\(membership.control.folder)/\(end.file)")
    response.stamp(snapshot.revision, snapshot)
  }
}
