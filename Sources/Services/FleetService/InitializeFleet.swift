internal import Fleet
internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

extension PosternServices {
  // For operators. On a background thread: it takes as long as the log is large.
  func initializeFleet(
    _ request: PosternV1.InitializeFleetRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.InitializeFleetResponse.Builder
  ) throws(Status) {
    let caller = try authenticate(call, in: snapshot)
    try requireOperator(caller, "beginning a fleet")
    guard let membership = status.fleet else { throw .noFleet }
    let lease = try Self.lease(of: request)
    let beginning = try membership.control.initializeFleet(leaseNanoseconds: lease, membership)
    response.setFleetID(beginning.id.description)
    response.setGrantsSql(beginning.grants)
    response.stamp(snapshot.revision, snapshot)
  }

  private static func lease(
    of request: PosternV1.InitializeFleetRequest
  ) throws(Status) -> Int64 {
    guard let lease = request.lease else { return LeaseChoice.defaultNanoseconds }
    let nanoseconds = TokenLifetime.saturatingNanoseconds(
      seconds: lease.seconds, nanoseconds: lease.nanos)
    guard LeaseChoice.bounds.contains(nanoseconds) else {
      throw Fields.invalid("`lease` must be 1 second to 1 hour", "lease")
    }
    return nanoseconds
  }
}

/// How long an answer of any host may be out of date.
private enum LeaseChoice {
  /// Longer than the failovers of managed databases take, which is 60 to 120 seconds.
  static let defaultNanoseconds: Int64 = 180_000_000_000
  static let bounds: ClosedRange<Int64> = 1_000_000_000...3_600_000_000_000
}
