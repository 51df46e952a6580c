internal import Messages
internal import RPC
internal import TTRPC
internal import Testing

struct TTRPCClientCodecTests {
  @Test(arguments: [nil, 1, 0, -7, Int64.max] as [Int64?], [nil, "", "pst_u_x"])
  func theServerReadsWhatTheClientWrites(timeout: Int64?, bearer: String?) throws {
    var codec = TTRPCClientCodec()
    let first =
      if let bearer {
        try codec.send(
          service: "a.B", method: "C", payload: [1, 2].span, bearer: bearer.utf8Span.span,
          timeoutNanoseconds: timeout)
      } else {
        try codec.send(
          service: "a.B", method: "C", payload: [1, 2].span, timeoutNanoseconds: timeout)
      }
    let second = try codec.send(service: "", method: "", payload: [UInt8]().span)
    #expect([first, second] == [1, 3])
    var session = Session()
    session.feed(array(codec.output.bytes))
    let calls = session.calls
    #expect(
      calls == [
        TakenCall(
          stream: 1, service: "a.B", method: "C", payload: [1, 2],
          bearer: bearer == "" ? nil : bearer,
          problem: bearer == "" ? .credentialMalformed : nil, timeout: timeout == 0 ? -1 : timeout),
        TakenCall(stream: 3, service: "", method: "", payload: []),
      ])
  }

  @Test func theClientReadsWhatTheServerWrites() throws {
    var codec = TTRPCClientCodec()
    for _ in 0..<3 { _ = try codec.send(service: "s", method: "m", payload: [5].span) }
    var session = Session(.hold)
    session.feed(array(codec.output.bytes))
    let large = [UInt8](repeating: 7, count: 70_000)
    session.framing.respond(to: 3, payload: large.span)
    session.framing.fail(5, Status(.permissionDenied, "action `x.y`"))
    session.framing.respond(to: 1, payload: [UInt8]().span)
    let output = array(session.framing.output.bytes)
    for size in [1, 7, output.count] {
      var answers: [Answer] = []
      for start in stride(from: 0, to: output.count, by: size) {
        codec.receive(output.span.extracting(start..<min(start + size, output.count)))
        while case .response(let stream) = try codec.nextEvent() {
          let response = codec.currentResponse
          answers.append(
            Answer(
              stream: stream, code: response.code, message: text(response.message),
              payload: array(response.payload)))
        }
      }
      #expect(
        answers == [
          Answer(stream: 3, payload: large),
          Answer(stream: 5, code: .permissionDenied, message: "action `x.y`"), Answer(stream: 1),
        ])
    }
  }

  @Test func refusesARequestOverTheProtocolsLimit() throws {
    var codec = TTRPCClientCodec()
    let largest = [UInt8](repeating: 0, count: (4 << 20) - 11)
    #expect(throws: Status.self) {
      _ = try codec.send(service: "s", method: "m", payload: (largest + [0]).span)
    }
    let isEmpty = codec.output.isEmpty
    #expect(isEmpty)
    let stream = try codec.send(service: "s", method: "m", payload: largest.span)
    #expect(stream == 1)
    #expect(codec.output.count == 10 + 4 << 20)
  }

  @Test(arguments: [
    Frame.raw(stream: 3, type: 2), Frame.raw(stream: 0, type: 2), Frame.raw(stream: 2, type: 2),
    Frame.data(3, [1]), Frame.data(2, flags: 5), Frame.raw(stream: 1, type: 2, body: [0x0a]),
    Frame.raw(stream: 1, type: 2, body: [0x0a, 1, 0x0a]),
    Frame.header(length: (4 << 20) + 1, stream: 1, type: 2),
    Frame.header(length: .max, stream: 1, type: 2),
  ])
  func closesOnAViolation(bytes: [UInt8]) throws {
    var codec = TTRPCClientCodec()
    _ = try codec.send(service: "s", method: "m", payload: [UInt8]().span)
    codec.receive(bytes.span)
    #expect(throws: ProtocolViolation.self) { _ = try codec.nextEvent() }
  }

  @Test(
    arguments: [(7, StatusCode.permissionDenied), (17, .unknown), (1 << 40, .unknown)]
      as [(UInt64, StatusCode)])
  func readsForeignStatuses(wire: UInt64, code: StatusCode) throws {
    var codec = TTRPCClientCodec()
    _ = try codec.send(service: "s", method: "m", payload: [UInt8]().span)
    let status = [0x08] + Frame.varint(wire) + Frame.field(3, [1]) + Frame.field(3, [2])
    codec.receive(Frame.raw(stream: 9, type: 9, body: [1]).span)
    codec.receive(Frame.raw(stream: 1, type: 2, body: Frame.field(1, status)).span)
    let event = try codec.nextEvent()
    let read = codec.currentResponse.code
    let encoded = array(codec.currentResponse.status)
    #expect(event == .response(1))
    #expect(read == code)
    #expect(encoded == status)
  }
}
