internal import Ledger
internal import Messages
internal import Platform
internal import RPC

extension PosternServices {
  // For operators. It moves the time of its batch: the entry says when, by both clocks.
  func acceptClock(
    _ request: PosternV1.AcceptClockRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.AcceptClockResponse.Builder
  ) throws(Status) {
    try requireOperator(caller, "accepting the wall clock")
    guard !isWallClockOff else { throw .clockOfAnotherTime }
    let reading = status.clock.reading()
    if reading.isDoubted, draft.accepted == nil {
      draft.acceptClock(reading, by: caller.actor)
    }
    response.makeTime().set(nanoseconds: draft.nowNanoseconds)
  }

  /// Whether the fleet's database has another time than the wall clock.
  private var isWallClockOff: Bool {
    guard let membership = status.fleet,
      let ahead = membership.knowledge.withLock({ $0.clockOffsetNanoseconds })
    else { return false }
    return abs(ahead) > FleetKnowledge.allowedClockNanoseconds
  }
}

extension Status {
  /// In a fleet the time of the log is every host's: one whose clock is off must not move it.
  fileprivate static var clockOfAnotherTime: Status {
    Status(
      .unavailable,
      "the clock of this host is not that of the fleet's database: set it right, instead of "
        + "accepting it", reason: "CLOCK_SKEW", retryDelayMilliseconds: 5000)
  }
}
