internal import Messages
internal import RPC
internal import TTRPC
internal import Testing

/// The rules of streams, by their bytes.
struct TTRPCStreamTests {
  /// A session with the stream 1 open, whose request had no message.
  private func opened(limits: FramingLimits = FramingLimits()) -> Session {
    var session = Session(.open, limits: limits)
    session.feed(Frame.request(1, flags: 2, Frame.envelope(payload: [])))
    return session
  }

  @Test func takesMessagesAsTheyCome() {
    var session = opened()
    let nothing = session.takeMessages(1)
    #expect(nothing.messages == [] && nothing.next == .empty)
    session.feed(Frame.data(1, [7, 8]) + Frame.data(1) + Frame.data(1, [9]))
    expectEqual(session.takeEvents(), [.readable(1), .readable(1), .readable(1)])
    let three = session.takeMessages(1)
    #expect(three.messages == [[7, 8], [], [9]] && three.next == .empty)
    session.feed(Frame.data(1, flags: 5))
    expectEqual(session.takeEvents(), [.readable(1)])
    expectEqual(session.takeMessages(1).next, .ended)
    expectEqual(session.takeMessages(1).next, .ended)
    expectEqual(session.answers, [])
  }

  @Test(
    arguments: [
      (Frame.data(1, flags: 5), []), (Frame.data(1, flags: 1), [[]]),
      (Frame.data(1, flags: 1, [4]), [[4]]), (Frame.data(1, flags: 5, [4]), []),
      (Frame.data(1, flags: 4) + Frame.data(1, flags: 4, [4]) + Frame.data(1, flags: 5), []),
    ] as [([UInt8], [[UInt8]])])
  func readsTheEnd(bytes: [UInt8], messages: [[UInt8]]) {
    var session = opened()
    session.feed(bytes)
    expectEqual(session.takeEvents(), [.readable(1)])
    let taken = session.takeMessages(1)
    #expect(taken.messages == messages && taken.next == .ended)
  }

  @Test func theRequestMayHoldTheFirstMessage() throws {
    var session = Session(.open)
    session.feed(Frame.request(1, flags: 2) + Frame.data(1, flags: 1, [4]))
    try session.settle()
    expectEqual(session.takeEvents(), [.readable(1), .readable(1)])
    let taken = session.takeMessages(1)
    #expect(taken.messages == [[1, 2, 3], [4]] && taken.next == .ended)
  }

  @Test func messagesFromBeforeTheOpeningAreKept() throws {
    var session = Session(.hold)
    session.feed(
      Frame.request(1, flags: 2) + Frame.data(1, [4]) + Frame.request(3)
        + Frame.data(1, flags: 5))
    expectEqual(session.takeEvents(), [])
    session.framing.open(1)
    try session.settle()
    expectEqual(session.takeEvents(), [.readable(1)])
    let taken = session.takeMessages(1)
    #expect(taken.messages == [[1, 2, 3], [4]] && taken.next == .ended)
  }

  @Test func readsNothingOfWhatTheOwnerHasReadOrEnded() throws {
    var session = Session(.hold)
    session.feed(Frame.request(1, flags: 2) + Frame.request(3, flags: 2))
    session.framing.open(1)
    session.framing.open(3)
    expectEqual(session.takeMessages(1).messages, [[1, 2, 3]])
    session.framing.fail(3, Status(.notFound, "none"))
    try session.settle()
    expectEqual(session.takeEvents(), [])
  }

  @Test func writesEveryKindOfAnswer() {
    var session = Session(.open)
    for (stream, flags) in [(1, 1), (3, 2), (5, 2), (7, 1)] as [(UInt32, UInt8)] {
      session.feed(Frame.request(stream, flags: flags))
    }
    session.framing.send(on: 1, payload: [1].span)
    session.framing.send(on: 3, payload: [UInt8]().span)
    session.framing.finish(1)
    session.framing.respond(to: 5, payload: [5].span)
    session.framing.send(on: 7, payload: [7].span)
    session.framing.fail(7, Status(.aborted, "no more"))
    session.framing.finish(3)
    expectEqual(
      session.answers,
      [
        Answer(stream: 1, kind: .message, payload: [1]), Answer(stream: 3, kind: .message),
        Answer(stream: 1, kind: .end), Answer(stream: 5, payload: [5]),
        Answer(stream: 7, kind: .message, payload: [7]),
        Answer(stream: 7, code: .aborted, message: "no more"), Answer(stream: 3, kind: .end),
      ])
    expectEqual(session.framing.openCalls, 0)
  }

  @Test func theBytesOfAMessageAndOfAnEnd() {
    var session = Session(.open)
    session.feed(Frame.request(1, flags: 1))
    session.framing.send(on: 1, payload: [9, 8].span)
    session.framing.send(on: 1, payload: [UInt8]().span)
    session.framing.finish(1)
    expectEqual(
      array(session.framing.output.bytes),
      [0, 0, 0, 2, 0, 0, 0, 1, 3, 0, 9, 8] + [0, 0, 0, 0, 0, 0, 0, 1, 3, 0]
        + [0, 0, 0, 0, 0, 0, 0, 1, 3, 5])
  }

  @Test func anythingOnAForgottenStreamIsIgnored() {
    var session = Session(.open)
    session.feed(Frame.request(1, flags: 2) + Frame.request(3, flags: 1))
    session.framing.finish(1)
    session.framing.finish(3)
    let before = session.transcript
    for stream in [1, 3] as [UInt32] {
      session.framing.send(on: stream, payload: [1].span)
      session.framing.respond(to: stream, payload: [1].span)
      session.framing.fail(stream, Status(.aborted, "late"))
      session.framing.finish(stream)
      expectEqual(session.framing.takeMessage(from: stream), .empty)
      expectEqual(session.framing.hasRoom(on: stream), true)
    }
    expectEqual(session.transcript, before)
  }

  @Test func aServerStreamHasNothingToTake() throws {
    var session = Session(.open)
    session.feed(Frame.request(1, flags: 1))
    try session.settle()
    expectEqual(session.takeEvents(), [])
    expectEqual(session.framing.takeMessage(from: 1), .ended)
  }

  @Test func tellsWhenThereIsRoom() throws {
    var session = Session(.open)
    session.feed(Frame.request(1, flags: 1) + Frame.request(3, flags: 1))
    let half = [UInt8](repeating: 0, count: 32 << 10)
    session.framing.send(on: 1, payload: half.span)
    expectEqual(session.framing.hasRoom(on: 1), true)
    session.framing.send(on: 1, payload: half.span)
    expectEqual(session.framing.hasRoom(on: 3), false)
    expectEqual(session.framing.hasRoom(on: 1), false)
    expectEqual(session.framing.hasRoom(on: 3), false)
    session.framing.output.consume(20 + 32 << 10)
    try session.settle()
    expectEqual(session.takeEvents(), [])
    session.framing.output.consume(1)
    try session.settle()
    expectEqual(session.takeEvents(), [.writable(3), .writable(1)])
    try session.settle()
    expectEqual(session.takeEvents(), [])
  }

  @Test func aStreamThatIsGoneWaitsForNoRoom() throws {
    var session = Session(.open)
    session.feed(Frame.request(1, flags: 1) + Frame.request(3, flags: 1))
    session.framing.send(on: 1, payload: [UInt8](repeating: 0, count: 64 << 10).span)
    expectEqual(session.framing.hasRoom(on: 1), false)
    expectEqual(session.framing.hasRoom(on: 3), false)
    session.framing.finish(1)
    session.framing.output.removeAll()
    try session.settle()
    expectEqual(session.takeEvents(), [.writable(3)])
  }

  @Test func heldBytesFollowWhatWaits() {
    var session = opened()
    let idle = session.framing.heldBytes
    session.feed(Frame.data(1, [UInt8](repeating: 1, count: 1 << 20)))
    expectEqual(session.framing.heldBytes >= idle + 1 << 20, true)
    _ = session.takeMessages(1)
    session.framing.finish(1)
    session.feed(Frame.request(3))
    expectEqual(session.framing.heldBytes < idle + 400 << 10, true)
  }
}
