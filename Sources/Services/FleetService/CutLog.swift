internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For operators. On a background thread: it asks the database.
  func cutLog(
    _ request: PosternV1.CutLogRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.CutLogResponse.Builder
  ) throws(Status) {
    let caller = try authenticate(call, in: snapshot)
    try requireOperator(caller, "cutting off the log of the fleet")
    guard let membership = status.fleet else { throw .noFleet }
    guard request.firstRevision > 0 else {
      throw Fields.invalid(
        "`first_revision` must be the revision that is to be cut off", "first_revision")
    }
    let end = try membership.control.cutLog(from: request.firstRevision, membership)
    response.setRemovedCount(end.count)
    response.setFile("\(membership.control.folder)/\(end.file)")
    response.setTerm(end.term)
    response.stamp(snapshot.revision, snapshot)
  }
}
