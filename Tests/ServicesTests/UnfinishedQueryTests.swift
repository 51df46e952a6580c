internal import Messages
internal import Platform
internal import RPC
internal import Services
internal import Testing

/// For how long a query may go on from an old snapshot.
@Suite struct UnfinishedQueryTests {
  private struct Moment: Sendable {
    let milliseconds: Int64
    var growthBytes = 0
    var isBarred = false
    let isAnswered: Bool
  }

  private static let moments = [
    Moment(milliseconds: 900, growthBytes: 1 << 30, isAnswered: true),
    Moment(milliseconds: 900, isBarred: true, isAnswered: true),
    Moment(milliseconds: 1100, growthBytes: 16 << 20, isAnswered: true),
    Moment(milliseconds: 1100, growthBytes: 17 << 20, isAnswered: false),
    Moment(milliseconds: 1100, isBarred: true, isAnswered: false),
    Moment(milliseconds: 9900, isAnswered: true),
    Moment(milliseconds: 10_100, isAnswered: false),
  ]

  /// It has time for the turns of others, unless the ledger needs the pages that it keeps.
  @Test(arguments: moments.indices) func endsWhereItCostsTooMuch(index: Int) throws {
    let moment = Self.moments[index]
    let desk = try Desk()
    let payload = try Desk.encoded(
      PosternV1.BatchCheckRequest.self,
      #"{"items":[{"action":"dashboard.create"},{"action":"dashboard.create"}]}"#)
    let query = try desk.services.continueQuery(
      .permissionServiceBatchCheck, payload.span, at: 1,
      for: Call(peer: desk.peer, credential: .absent), in: desk.snapshot(), isLong: true,
      beganNanoseconds: 1_000_000, answered: Span(), limits: .requests)
    desk.ledgerBytes.withLock { $0 = moment.growthBytes }
    if moment.isBarred { desk.services.status.longReaders.bar() }
    desk.nowNanoseconds = (1 + moment.milliseconds) * 1_000_000
    let refusal = Desk.refusal {
      guard case .finished = try desk.step(query).0 else {
        Issue.record("it is not done")
        return
      }
    }
    #expect(refusal?.reason ?? "OK" == (moment.isAnswered ? "OK" : "QUERY_TIME"))
  }
}
