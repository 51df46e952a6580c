internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For operators. On a background thread: it takes as long as much is missing.
  func appendMissing(
    _ request: PosternV1.AppendMissingRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.AppendMissingResponse.Builder
  ) throws(Status) {
    let caller = try authenticate(call, in: snapshot)
    try requireOperator(caller, "repairing the log of the fleet")
    guard let membership = status.fleet else { throw .noFleet }
    let end = try membership.control.appendMissing(membership)
    response.setAppendedCount(end.count)
    response.setTerm(end.term)
    response.stamp(snapshot.revision, snapshot)
  }
}
