internal import Messages
internal import RPC
internal import TTRPC
internal import Testing

/// What a peer may get wrong on a stream, and how much of it may wait.
struct TTRPCStreamLimitTests {
  private static let messageBytes = 1000

  private func session(_ policy: Session.Policy = .open) -> Session {
    var limits = FramingLimits()
    limits.messageBytes = Self.messageBytes
    return Session(policy, limits: limits)
  }

  private func open(_ stream: UInt32) -> [UInt8] {
    Frame.request(stream, flags: 2, Frame.envelope(payload: []))
  }

  @Test(
    arguments: [
      Frame.data(1, [1]), Frame.data(1), Frame.data(1, flags: 5), Frame.data(1, flags: 4),
      Frame.request(1),
    ])
  func anythingAfterTheEndEndsTheStream(bytes: [UInt8]) {
    var session = session()
    session.feed(open(1) + Frame.data(1, flags: 1, [1]) + bytes + Frame.request(3, flags: 1))
    expectEqual(session.takeEvents(), [.readable(1), .cancelled(1)])
    expectEqual(session.answers?.map(\.code), [.invalidArgument])
    expectEqual(session.takeMessages(1).next, .empty)
    session.framing.respond(to: 1, payload: [1].span)
    expectEqual(session.answers?.count, 1)
    expectEqual(session.framing.openCalls, 1)
  }

  @Test(arguments: [0, 1] as [UInt8], [Session.Policy.open, .hold])
  func dataEndsACallThatStreamsNoRequests(flags: UInt8, policy: Session.Policy) {
    var session = session(policy)
    session.feed(Frame.request(1, flags: flags) + Frame.data(1, flags: 5) + Frame.request(3))
    expectEqual(session.takeEvents(), (flags == 1 && policy == .open ? [.cancelled(1)] : []))
    expectEqual(session.answers?.map(\.code), [.unimplemented])
    session.framing.respond(to: 1, payload: [1].span)
    expectEqual(session.answers?.count, 1)
  }

  @Test func aCallThatWasSpoiledBeforeItsOpeningIsCancelled() throws {
    var session = session(.hold)
    session.feed(open(1) + Frame.data(1, flags: 5) + Frame.data(1))
    expectEqual(session.takeEvents(), [])
    session.framing.open(1)
    try session.settle()
    expectEqual(session.takeEvents(), [.cancelled(1)])
  }

  @Test func takesTheLargestMessageAndDropsALargerOne() {
    var session = session()
    let largest = [UInt8](repeating: 7, count: Self.messageBytes)
    session.feed(open(1) + open(3) + Frame.data(1, largest) + Frame.data(3, largest + [7]))
    expectEqual(session.takeEvents(), [.readable(1), .cancelled(3)])
    expectEqual(session.takeMessages(1).messages, [largest])
    expectEqual(session.answers?.map(\.stream), [3])
    expectEqual(session.answers?.map(\.code), [.resourceExhausted])
    expectEqual(session.answers?.first?.message.contains("`max-message-bytes` of 1000"), true)
    session.feed(Frame.data(1, flags: 1, [8]))
    expectEqual(session.takeMessages(1).messages, [[8]])
  }

  @Test func boundsTheBytesThatWaitOnAStream() {
    var session = session()
    let maximum = Self.messageBytes + 256 << 10
    let frame = Frame.data(1, [UInt8](repeating: 7, count: Self.messageBytes))
    let count = maximum / Self.messageBytes
    session.feed(open(1) + open(3) + (0..<count).flatMap { _ in frame })
    expectEqual(session.answers, [])
    expectEqual(session.takeEvents().count, count)
    session.feed(frame + frame + Frame.data(3, [3]))
    expectEqual(session.takeEvents(), [.cancelled(1), .readable(3)])
    expectEqual(session.answers?.map(\.code), [.resourceExhausted])
    expectEqual(
      session.answers?.first?.message.contains("`max-stream-queue-bytes` of \(maximum)"), true)
    expectEqual(session.takeMessages(3).messages, [[3]])
  }

  @Test func boundsTheMessagesThatWaitOnAStream() {
    var session = session()
    session.feed(open(1) + (0..<1024).flatMap { _ in Frame.data(1) })
    expectEqual(session.takeEvents().count, 1024)
    expectEqual(session.framing.takeMessage(from: 1), .message)
    session.feed(Frame.data(1))
    expectEqual(session.takeEvents(), [.readable(1)])
    session.feed(Frame.data(1))
    expectEqual(session.takeEvents(), [.cancelled(1)])
    expectEqual(session.answers?.map(\.code), [.resourceExhausted])
  }

  @Test func boundsTheBytesThatWaitOnAConnection() throws {
    var session = Session(.open)
    let message = [UInt8](repeating: 7, count: 4 << 20)
    for stream in [1, 3, 5, 7] as [UInt32] {
      session.feed(open(stream) + Frame.data(stream, message))
    }
    expectEqual(session.answers, [])
    session.feed(open(9) + Frame.data(9, [1]) + Frame.request(11, flags: 2))
    try session.settle()
    expectEqual(session.takeEvents().suffix(2), [.cancelled(9), .cancelled(11)])
    expectEqual(session.answers?.map(\.stream), [9, 11])
    expectEqual(session.answers?.map(\.code), [.resourceExhausted, .resourceExhausted])
    expectEqual(session.takeMessages(1).messages, [message])
    session.feed(open(13) + Frame.data(13, message))
    expectEqual(session.takeMessages(13).messages, [message])
    for stream in [3, 5, 7] as [UInt32] { session.framing.finish(stream) }
    session.feed(Frame.data(13, message) + Frame.data(1, message) + Frame.data(1, [1]))
    expectEqual(session.takeMessages(1).messages.map(\.count), [message.count, 1])
  }

  @Test func refusesAMessageOverTheProtocolsLimit() throws {
    var session = Session(.open)
    session.feed(Frame.request(1, flags: 1))
    let largest = [UInt8](repeating: 0, count: 4 << 20)
    session.framing.send(on: 1, payload: largest.span)
    session.framing.send(on: 1, payload: (largest + [0]).span)
    try session.settle()
    expectEqual(session.takeEvents(), [.cancelled(1)])
    expectEqual(session.answers?.map(\.kind), [.message, .response])
    expectEqual(session.answers?.map(\.code), [.ok, .resourceExhausted])
    expectEqual(session.framing.openCalls, 0)
  }

  @Test func lateMessagesAreNoFloodUpToABound() {
    let budget = TTRPCFraming.ignoredFramesBetweenCalls
    let late = TTRPCFraming.lateFramesOfAStream
    for (end, allowed) in [([], budget + late), (Frame.data(1, flags: 5), budget)] {
      var session = session()
      session.feed(open(1) + end)
      session.framing.fail(1, Status(.notFound, "none"))
      session.feed((0..<allowed).flatMap { _ in Frame.data(1, [1]) })
      expectEqual(session.violation, nil)
      session.feed(Frame.data(1, [1]))
      expectEqual(session.violation != nil, true)
      expectEqual(session.answers?.count, 1)
    }
  }

  @Test func messagesOfNoCallAreNeverHeld() {
    var session = session()
    session.feed(open(1) + Frame.header(length: 900, stream: 1, type: 3))
    session.framing.fail(1, Status(.notFound, "none"))
    session.feed([UInt8](repeating: 1, count: 900), piece: { _ in 1 })
    session.feed(Frame.header(length: 900_000, stream: 1, type: 3))
    let before = session.framing.heldBytes
    session.feed([UInt8](repeating: 1, count: 900_000), piece: { _ in 10_000 })
    expectEqual(session.framing.heldBytes, before)
    session.feed(Frame.request(3))
    expectEqual(session.calls.map(\.stream), [1, 3])
  }

  @Test(arguments: [0, 2, 4, 7, 99] as [UInt32])
  func streamsOfBadIdsAreRefused(stream: UInt32) {
    var session = session()
    session.feed(Frame.data(stream, [1]) + Frame.data(stream, flags: 5) + Frame.request(5))
    expectEqual(session.answers, [])
    session.feed(Frame.request(stream, flags: 2) + Frame.data(stream, [1]))
    expectEqual(
      session.answers?.map(\.code), (stream > 5 && stream % 2 == 1 ? [] : [.invalidArgument]))
  }
}
