internal import Messages
internal import RPC
internal import TTRPC
internal import Testing

struct TTRPCFramingTests {
  /// A session of most kinds of frames.
  static let mixture: [UInt8] =
    Frame.request(1)
    + Frame.request(
      3, Frame.envelope(timeout: 5, metadata: [("authorization", "Bearer pst_u_x"), ("a", "b")]))
    + Frame.raw(stream: 3, type: 3, body: [9, 9])
    + Frame.raw(stream: 1, type: 9, body: [7])
    + Frame.request(2)
    + Frame.request(5, [0x0b])
    + Frame.request(7, flags: 2)
    + Frame.raw(stream: 7, type: 3, flags: 5)
    + Frame.request(7)
    + Frame.raw(stream: 0, type: 2, body: [0])
    + Frame.request(9, flags: 8)
    + Frame.request(11, [])
    + Frame.request(13, Frame.envelope(payload: Array(repeating: 5, count: 300)))
    + Frame.request(15, flags: 2) + Frame.request(17, flags: 2, Frame.envelope(payload: []))
    + Frame.request(19, flags: 1)
    + Frame.data(17, [1, 2]) + Frame.data(15) + Frame.data(17, flags: 4) + Frame.data(17, [3])
    + Frame.data(15, flags: 5) + Frame.data(17, flags: 1, [4]) + Frame.data(15, [5])
    + Frame.data(17, [6]) + Frame.request(21, flags: 2) + Frame.request(21)
    + Frame.request(23, flags: 3) + Frame.request(25, flags: 2) + Frame.data(25, flags: 1)

  @Test func readsEveryPartOfARequest() {
    var session = Session()
    let metadata = [("trace", "t"), ("authorization", "Bearer pst_u_secret")]
    session.feed(
      Frame.request(
        1, Frame.envelope(payload: [8, 1], timeout: 1_500_000_000, metadata: metadata)))
    let calls = session.calls
    let answers = session.answers
    #expect(
      calls == [
        TakenCall(stream: 1, payload: [8, 1], bearer: "pst_u_secret", timeout: 1_500_000_000)
      ])
    #expect(answers == [Answer(stream: 1, payload: [8, 1])])
  }

  @Test(arguments: [Session.Policy.echo, .open, .hold, .alternate])
  func anySplitEqualsTheWhole(policy: Session.Policy) {
    var whole = Session(policy)
    whole.feed(Self.mixture)
    let expected = whole.transcript
    #expect(expected.calls.map(\.stream) == [1, 3, 7, 11, 13, 15, 17, 19, 21, 25])
    var dribbled = Session(policy)
    dribbled.feed(Self.mixture, piece: { _ in 1 })
    let byByte = dribbled.transcript
    #expect(byByte == expected)
    for cut in 1..<Self.mixture.count {
      var split = Session(policy)
      split.feed(Array(Self.mixture[..<cut]))
      split.feed(Array(Self.mixture[cut...]))
      let transcript = split.transcript
      #expect(transcript == expected, "cut at \(cut)")
    }
  }

  @Test func takesManyPipelinedCalls() {
    var session = Session()
    let streams = (0..<5000).map { UInt32($0 * 2 + 1) }
    session.feed(streams.flatMap { Frame.request($0) })
    let taken = session.calls.map(\.stream)
    let answered = session.answers?.map(\.stream)
    #expect(taken == streams)
    #expect(answered == streams)
  }

  @Test(
    arguments: [
      (["Bearer x"], "x", nil), (["bearer   x=="], "x==", nil),
      (["BEARER a-._~+/9"], "a-._~+/9", nil),
      (["Basic abc"], nil, .credentialMalformed), (["Bearer"], nil, .credentialMalformed),
      ([""], nil, .credentialMalformed),
      (["Bearer "], nil, .credentialMalformed), (["Bearer x y"], nil, .credentialMalformed),
      (["Bearer x "], nil, .credentialMalformed), (["Bearer x\n"], nil, .credentialMalformed),
      (["Bearerx"], nil, .credentialMalformed), (["x"], nil, .credentialMalformed),
      (["Token x"], nil, .credentialMalformed),
      (["Bearer a", "bearer  a"], "a", nil), (["Bearer a", "Bearer b"], nil, .credentialsDiffer),
      (["Bearer a", "Basic a"], nil, .credentialMalformed),
      (["", "Bearer a"], nil, .credentialMalformed),
      (["Bearer a", "Bearer b", "Bearer a"], nil, .credentialsDiffer),
    ] as [([String], String?, Refusal?)],
    [["authorization"], ["Authorization", "authorization"], ["AUTHORIZATION"]])
  func readsCredentials(
    _ given: ([String], String?, Refusal?), _ keys: [String]
  ) {
    var session = Session()
    let metadata = given.0.enumerated().map { (keys[$0.offset % keys.count], $0.element) }
    session.feed(Frame.request(1, Frame.envelope(metadata: metadata)))
    let read = session.calls
    #expect(read == [TakenCall(stream: 1, bearer: given.1, problem: given.2)])
  }

  @Test func ignoresOtherKeys() {
    var session = Session()
    let metadata = [("authorizations", "Bearer x"), ("authorizatiom", "x"), ("k", "Bearer x")]
    session.feed(Frame.request(1, Frame.envelope(metadata: metadata)))
    let read = session.calls
    #expect(read == [TakenCall(stream: 1)])
  }

  @Test(
    arguments: [(0, nil), (1, 1), (-1, -1), (Int64.min, Int64.min), (Int64.max, Int64.max)]
      as [(Int64, Int64?)])
  func readsTheTimeout(wire: Int64, timeout: Int64?) {
    var session = Session()
    session.feed(Frame.request(1, Frame.envelope(timeout: wire)))
    let calls = session.calls
    #expect(calls == [TakenCall(stream: 1, timeout: timeout)])
  }

  @Test(
    arguments: [(0, false, false), (1, false, true), (2, true, true)] as [(UInt8, Bool, Bool)])
  func readsTheFlags(flags: UInt8, streamsRequests: Bool, acceptsStream: Bool) {
    var session = Session()
    session.feed(Frame.request(1, flags: flags))
    let calls = session.calls
    #expect(
      calls == [
        TakenCall(
          stream: 1, payload: streamsRequests ? [] : [1, 2, 3], streamsRequests: streamsRequests,
          acceptsStream: acceptsStream)
      ])
  }

  @Test func answersLaterInAnyOrder() {
    var session = Session(.hold)
    session.feed(Frame.request(1) + Frame.request(3) + Frame.request(5))
    let open = session.framing.openCalls
    #expect(open == 3)
    session.framing.respond(to: 3, payload: [UInt8]().span)
    session.framing.fail(5, Status(.permissionDenied, "no"))
    session.framing.respond(to: 1, payload: [4].span)
    session.framing.respond(to: 1, payload: [4].span)
    let answers = session.answers
    let left = session.framing.openCalls
    #expect(
      answers == [
        Answer(stream: 3), Answer(stream: 5, code: .permissionDenied, message: "no"),
        Answer(stream: 1, payload: [4]),
      ])
    #expect(left == 0)
  }

  @Test func boundsTheCallsInFlight() {
    var limits = FramingLimits()
    limits.callsInFlight = 2
    var session = Session(.hold, limits: limits)
    session.feed(Frame.request(1) + Frame.request(3) + Frame.request(5))
    let refused = session.answers
    #expect(refused?.map(\.stream) == [5])
    #expect(refused?.map(\.code) == [.resourceExhausted])
    #expect(refused?.first?.message.contains("`max-calls-in-flight` of 2") == true)
    session.framing.respond(to: 1, payload: [UInt8]().span)
    session.feed(Frame.request(7))
    let taken = session.calls.map(\.stream)
    #expect(taken == [1, 3, 7])
  }

  @Test func servesWhatComesInADrain() {
    var session = Session(.hold)
    session.feed(Frame.request(1))
    session.framing.beginDrain()
    session.feed(Frame.request(3))
    session.framing.respond(to: 1, payload: [UInt8]().span)
    let open = session.framing.openCalls
    #expect(open == 1, "there is no way to refuse a call that its caller would understand")
  }

  @Test func refusesAnAnswerOverTheProtocolsLimit() {
    var session = Session(.hold)
    session.feed(Frame.request(1) + Frame.request(3))
    let largest = (4 << 20) - 5
    session.framing.respond(to: 1, payload: [UInt8](repeating: 0, count: largest).span)
    session.framing.respond(to: 3, payload: [UInt8](repeating: 0, count: largest + 1).span)
    let answers = session.answers
    #expect(answers?.map(\.code) == [.ok, .resourceExhausted])
    #expect(answers?.first?.payload.count == largest)
  }
}
