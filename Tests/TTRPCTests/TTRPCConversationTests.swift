internal import Messages
internal import RPC
internal import TTRPC
internal import Testing

/// Client and server in memory, in every shape of a call.
struct TTRPCConversationTests {
  private enum Heard: Equatable {
    case response(UInt32, StatusCode, [UInt8])
    case data(UInt32, [UInt8])
    case end(UInt32)
  }

  /// What the client hears of `output`, which comes in pieces of `size`.
  private func hear(
    _ output: [UInt8], _ codec: inout TTRPCClientCodec, size: Int
  ) throws -> [Heard] {
    var heard: [Heard] = []
    for start in stride(from: 0, to: output.count, by: size) {
      codec.receive(output.span.extracting(start..<min(start + size, output.count)))
      while let event = try codec.nextEvent() {
        switch event {
        case .response(let stream):
          let response = codec.currentResponse
          heard.append(.response(stream, response.code, array(response.payload)))
        case .data(let stream): heard.append(.data(stream, array(codec.currentMessage)))
        case .end(let stream): heard.append(.end(stream))
        }
      }
    }
    return heard
  }

  private func begin(
    _ codec: inout TTRPCClientCodec, _ payload: [UInt8], _ streaming: MethodDescriptor.Streaming?
  ) throws -> UInt32 {
    try codec.send(service: "s", method: "m", payload: payload.span, streaming: streaming)
  }

  @Test(arguments: [1, 7, 100_000])
  func everyShapeOfACall(size: Int) throws {
    var codec = TTRPCClientCodec()
    let unary = try begin(&codec, [1], nil)
    let serverStream = try begin(&codec, [2], .responses)
    let both = try begin(&codec, [], .both)
    let first = try begin(&codec, [9], .both)
    try codec.send(on: both, payload: [3].span)
    try codec.send(on: both, payload: [UInt8]().span)
    codec.closeSend(on: both)
    codec.closeSend(on: first)
    let sent = array(codec.output.bytes)
    var session = Session(.echo)
    session.feed(sent, piece: { _ in size })
    let heard = try hear(array(session.framing.output.bytes), &codec, size: size)
    expectEqual(session.calls.map(\.acceptsStream), [false, true, true, true])
    expectEqual(session.calls.map(\.streamsRequests), [false, false, true, true])
    #expect(
      heard == [
        .response(unary, .ok, [1]), .data(serverStream, [2]), .end(serverStream),
        .data(first, [9]), .data(both, [3]), .data(both, []), .end(both), .end(first),
      ])
    expectEqual(session.framing.openCalls, 0)
  }

  @Test func aStreamOfRequestsIsAnsweredOnce() throws {
    var codec = TTRPCClientCodec()
    let stream = try begin(&codec, [], .requests)
    for index in 0..<3 { try codec.send(on: stream, payload: [UInt8(index)].span) }
    codec.closeSend(on: stream)
    var session = Session(.open)
    session.feed(array(codec.output.bytes))
    let taken = session.takeMessages(stream)
    #expect(taken.messages == [[0], [1], [2]] && taken.next == .ended)
    session.framing.respond(to: stream, payload: [8].span)
    let heard = try hear(array(session.framing.output.bytes), &codec, size: 100)
    #expect(heard == [.response(stream, .ok, [8])])
  }

  @Test func aFailureMayFollowMessages() throws {
    var codec = TTRPCClientCodec()
    let stream = try begin(&codec, [1], .responses)
    var session = Session(.open)
    session.feed(array(codec.output.bytes))
    session.framing.send(on: stream, payload: [1].span)
    session.framing.fail(stream, Status(.outOfRange, "no"))
    let heard = try hear(array(session.framing.output.bytes), &codec, size: 100)
    #expect(heard == [.data(stream, [1]), .response(stream, .outOfRange, [])])
  }

  @Test func theClientReadsForeignStreams() throws {
    var codec = TTRPCClientCodec()
    let stream = try begin(&codec, [], .both)
    let bytes =
      Frame.data(stream, flags: 4) + Frame.data(stream, [1]) + Frame.data(stream, flags: 1, [2])
      + Frame.data(stream, flags: 1) + Frame.data(stream, flags: 5, [3])
    for size in [1, 5, bytes.count] {
      let heard = try hear(bytes, &codec, size: size)
      #expect(
        heard == [
          .data(stream, [1]), .data(stream, [2]), .end(stream), .data(stream, []), .end(stream),
          .end(stream),
        ])
    }
  }

  @Test func theClientRefusesAMessageOverTheProtocolsLimit() throws {
    var codec = TTRPCClientCodec()
    let stream = try begin(&codec, [], .requests)
    let before = codec.output.count
    let largest = [UInt8](repeating: 0, count: 4 << 20)
    #expect(throws: Status.self) { try codec.send(on: stream, payload: (largest + [0]).span) }
    #expect(codec.output.count == before)
    try codec.send(on: stream, payload: largest.span)
    #expect(codec.output.count == before + 10 + 4 << 20)
  }
}
