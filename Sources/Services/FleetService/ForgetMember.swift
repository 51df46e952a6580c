internal import Fleet
internal import Ledger
internal import Messages
internal import Platform
internal import RPC

extension PosternServices {
  // For operators. On a background thread: it asks the database.
  func forgetMember(
    _ request: PosternV1.ForgetMemberRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ForgetMemberResponse.Builder
  ) throws(Status) {
    let caller = try authenticate(call, in: snapshot)
    try requireOperator(caller, "forgetting a member of the fleet")
    guard let membership = status.fleet else { throw .noFleet }
    guard let instance = InstanceID(String(copying: request.instance)) else {
      throw Fields.invalid(
        "`instance` must be a UUID, as `postern fleet list` shows it", "instance")
    }
    let knowledge = membership.knowledge.withLock { $0 }
    guard let member = knowledge.members.first(where: { $0.row.instance == instance }) else {
      throw notFound("member of the fleet", request.instance)
    }
    guard !knowledge.mayAnswer(member, atNanoseconds: Clock.bootNanoseconds()) else {
      throw Status(
        .failedPrecondition,
        "the member `\(instance)` may still answer calls: it renewed its lease a short time ago",
        reason: "MEMBER_ANSWERS")
    }
    try membership.control.forgetMember(instance, membership)
    response.stamp(snapshot.revision, snapshot)
  }
}
