internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For operators. It moves the time of its batch: the entry says when, by both clocks.
  func acceptClock(
    _ request: PosternV1.AcceptClockRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.AcceptClockResponse.Builder
  ) throws(Status) {
    try requireOperator(caller, "accepting the wall clock")
    let reading = status.clock.reading()
    if reading.isDoubted, draft.accepted == nil {
      draft.acceptClock(reading, by: caller.actor)
    }
    response.makeTime().set(nanoseconds: draft.nowNanoseconds)
  }
}
