internal import Messages
internal import RPC
internal import TTRPC
internal import Testing

/// Every refusal of the table that ttrpc can get has the table's code, words and reason.
struct TTRPCRefusalTableTests {
  private static let faults: [(Refusal, [UInt8])] = [
    (.envelopeMalformed, Frame.request(1, [0xff])),
    (.streamMalformed, Frame.request(2, Frame.envelope())),
    (.flagsMalformed, Frame.request(1, flags: 9, Frame.envelope())),
    (
      .streamEnded,
      Frame.request(1, flags: 2, Frame.envelope()) + Frame.data(1, flags: 5) + Frame.data(1)
    ),
    (.messageSurplus, Frame.request(1, Frame.envelope()) + Frame.data(1)),
  ]

  @Test(arguments: faults.map(\.0)) func saysWhy(_ refusal: Refusal) throws {
    let bytes = try #require(Self.faults.first { $0.0 == refusal }).1
    var session = Session(.open)
    session.feed(bytes)
    try expect(session, refusal)
  }

  private func expect(_ session: borrowing Session, _ refusal: Refusal) throws {
    let answer = try #require(session.answers?.last)
    expectEqual(answer.code, refusal.code)
    expectEqual(answer.message.hasPrefix(refusal.message), true)
    let output = String(decoding: session.transcript.output, as: UTF8.self)
    expectEqual(output.contains(refusal.rawValue) && output.contains("postern"), true)
  }

  @Test func saysThatRequestsAreUnfinished() throws {
    var session = Session(.open)
    let message = [UInt8](repeating: 7, count: 4 << 20)
    for stream in [1, 3, 5, 7] as [UInt32] {
      session.feed(Frame.request(stream, flags: 2, Frame.envelope()) + Frame.data(stream, message))
    }
    session.feed(Frame.request(9, flags: 2, Frame.envelope()) + Frame.data(9, [1]))
    try session.settle()
    try expect(session, .unfinishedRequests)
  }

  @Test func saysThatAnAnswerIsTooLong() throws {
    let long = [UInt8](repeating: 0, count: 4 << 20 + 1)
    var session = Session(.hold)
    session.feed(Frame.request(1))
    session.framing.respond(to: 1, payload: long.span)
    try expect(session, .answerTooLong)
    session = Session(.open)
    session.feed(Frame.request(1, flags: 1))
    session.framing.send(on: 1, payload: long.span)
    try session.settle()
    try expect(session, .answerTooLong)
  }

  /// What is nearly `authorization` must not count as nothing.
  @Test(arguments: ["authorization ", " authorization", "authorization\0", "authorization:", "a b"])
  func aKeyIsTheNameOfAHeader(_ key: String) throws {
    var session = Session()
    session.feed(Frame.request(1, Frame.envelope(metadata: [(key, "Basic x")])))
    let answer = try #require(session.answers?.first)
    expectEqual(answer.code, .invalidArgument)
    expectEqual(answer.message.contains("metadata"), true)
  }
}
