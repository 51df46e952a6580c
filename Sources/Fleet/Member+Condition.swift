// What a member says of itself.

extension Member {
  /// What it does now.
  package var condition: MemberCondition {
    if let problem = following.problem { return .impaired(problem) }
    if let refusal = following.refusal { return .impaired(.database(refusal)) }
    if let reason = awayReason { return .impaired(.away(reason)) }
    if membership.wasRemoved { return .impaired(.removed) }
    if following.isBehind { return .catchingUp(max(lagRevisions, 1)) }
    return membership.isEstablished && !lease.isOver(at: now) ? .following : .joining
  }

  /// Why the upstream counts as away: it has not answered for a sixtieth of a lease. A connection
  /// that was only idle for too long is no news.
  var awayReason: String? {
    guard let reason = following.failure, now >= awayNanoseconds else { return nil }
    return reason
  }

  /// When it counts as away if nothing is answered until then.
  var awayNanoseconds: Int64 {
    following.lastAnswerNanoseconds + max(following.leaseNanoseconds / 60, 1_000_000_000)
  }

  mutating func tellCondition() {
    let condition = condition
    guard condition != told else { return }
    told = condition
    enqueue(.condition(condition))
  }
}
