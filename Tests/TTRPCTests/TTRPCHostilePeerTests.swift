internal import Messages
internal import RPC
internal import TTRPC
internal import TestSupport
internal import Testing

/// What a peer may get wrong, and that the connection outlives all but the worst of it.
struct TTRPCHostilePeerTests {
  @Test(arguments: [0, 2, 4, UInt32.max - 1, 5, 3, 1])
  func answersABadStreamId(stream: UInt32) {
    var session = Session()
    session.feed(Frame.request(5) + Frame.request(stream) + Frame.request(7))
    let answers = session.answers
    #expect(answers?.map(\.stream) == [5, stream, 7])
    #expect(answers?.map(\.code) == [.ok, .invalidArgument, .ok])
  }

  @Test func takesTheGreatestStreamId() {
    var session = Session()
    session.feed(Frame.request(UInt32.max) + Frame.request(1))
    let codes = session.answers?.map(\.code)
    #expect(codes == [.ok, .invalidArgument])
  }

  @Test func reuseOfAnOpenIdEndsItsCall() {
    var session = Session(.hold)
    session.feed(Frame.request(1) + Frame.request(3) + Frame.request(1))
    session.framing.respond(to: 1, payload: [1].span)
    session.framing.respond(to: 3, payload: [3].span)
    let answers = session.answers
    #expect(answers?.map(\.stream) == [1, 3])
    #expect(answers?.map(\.code) == [.invalidArgument, .ok])
  }

  @Test(arguments: [3, 4, 8, 0x80, 0xff] as [UInt8])
  func refusesFlagsWithoutMeaning(flags: UInt8) {
    var session = Session()
    session.feed(Frame.request(1, flags: flags) + Frame.request(3))
    let codes = session.answers?.map(\.code)
    #expect(codes == [.invalidArgument, .ok])
  }

  @Test(
    arguments: [
      [0x0a], [0x0a, 5, 1], [0x0b], [0x0e], [0x00, 0], [0x08, 1], [0x20], [0x22, 0],
      [0x2a, 1, 0x0a],
      [0x20] + Array(repeating: 0x80, count: 10) + [0],
    ] as [[UInt8]])
  func answersABadEnvelope(body: [UInt8]) {
    var session = Session()
    session.feed(Frame.request(1, body) + Frame.request(3))
    let answers = session.answers
    #expect(answers?.map(\.stream) == [1, 3])
    #expect(answers?.map(\.code) == [.invalidArgument, .ok])
  }

  @Test func takesNamesInUTF8AndUnknownFields() {
    var session = Session()
    session.feed(Frame.request(1, Frame.envelope(service: "é") + Frame.field(99, [1])))
    let calls = session.calls
    #expect(calls == [TakenCall(stream: 1, service: "é")])
  }

  @Test func boundsTheMetadata() {
    var limits = FramingLimits()
    limits.headerBytes = 200
    // 23 and 13 bytes of names, 1 of key, 32 of overhead.
    let room = 200 - 23 - 13 - 1 - 32
    for (count, code) in [(room, StatusCode.ok), (room + 1, .resourceExhausted)] {
      var session = Session(limits: limits)
      let value = String(repeating: "v", count: count)
      session.feed(Frame.request(1, Frame.envelope(metadata: [("k", value)])) + Frame.request(3))
      let codes = session.answers?.map(\.code)
      #expect(codes == [code, .ok])
    }
    var session = Session(limits: limits)
    session.feed(Frame.request(1, (0..<7).flatMap { _ in Frame.field(5, []) }))
    let codes = session.answers?.map(\.code)
    #expect(codes == [.resourceExhausted])
  }

  @Test func takesTheLargestRequestAndDrainsALargerOne() {
    let overhead = Frame.envelope(payload: Array(repeating: 0, count: 1 << 21)).count - (1 << 21)
    let payload = [UInt8](repeating: 1, count: (4 << 20) - overhead)
    let largest = Frame.request(1, Frame.envelope(payload: payload))
    #expect(largest.count == 10 + 4 << 20)
    let larger = Frame.request(3, Frame.envelope(payload: payload + [1]))
    var session = Session(.hold)
    session.feed(largest + larger + Frame.request(5), piece: { _ in 65_536 })
    let taken = session.calls.map { [Int($0.stream), $0.payload.count] }
    let answers = session.answers
    #expect(taken == [[1, payload.count], [5, 3]])
    #expect(answers?.map(\.stream) == [3])
    #expect(answers?.map(\.code) == [.resourceExhausted])
  }

  @Test func answersAnOversizedRequestOnlyAfterItsBody() {
    var session = Session()
    let length: UInt32 = 0x00ff_ffff
    session.feed(Frame.header(length: length, stream: 1, type: 1))
    session.feed([UInt8](repeating: 0, count: Int(length) - 1), piece: { _ in 1 << 20 })
    let early = session.answers
    session.feed([0] + Frame.request(3))
    let codes = session.answers?.map(\.code)
    #expect(early == [])
    #expect(codes == [.resourceExhausted, .ok])
  }

  @Test(arguments: [1, 0x80, 0xff] as [UInt8])
  func closesOnANonzeroFirstByte(byte: UInt8) {
    var session = Session()
    session.feed(Frame.request(1) + [byte])
    let violation = session.violation
    let codes = session.answers?.map(\.code)
    let isFinished = session.framing.isFinished
    #expect(violation != nil)
    #expect(codes == [.ok])
    #expect(isFinished)
    session.feed(Frame.request(3))
    let later = session.calls.count
    #expect(later == 1)
  }

  @Test func dataEndsAnOpenUnaryCall() {
    var session = Session(.hold)
    session.feed(Frame.request(1) + Frame.request(3) + Frame.raw(stream: 1, type: 3, body: [1]))
    session.framing.respond(to: 1, payload: [1].span)
    session.framing.fail(1, Status(.internalError, "late"))
    session.framing.respond(to: 3, payload: [3].span)
    let answers = session.answers
    #expect(answers?.map(\.stream) == [1, 3])
    #expect(answers?.map(\.code) == [.unimplemented, .ok])
  }

  @Test(arguments: [2, 3, 9, 0, 255] as [UInt8], [0, 1, 2, 3, 99] as [UInt32])
  func skipsFramesWithoutMeaning(type: UInt8, stream: UInt32) {
    var session = Session()
    let frame = Frame.raw(stream: stream, type: type, flags: 0xff, body: [0xff, 0xff])
    session.feed(frame + Frame.request(1) + frame + Frame.raw(stream: stream, type: type))
    session.feed(Frame.request(5))
    let answers = session.answers
    #expect(answers?.map(\.stream) == [1, 5])
    #expect(answers?.map(\.code) == [.ok, .ok])
  }

  @Test func closesOnAFloodOfFramesWithoutMeaning() {
    let budget = TTRPCFraming.ignoredFramesBetweenCalls
    let flood = (0..<budget).flatMap { _ in Frame.raw(stream: 1, type: 3) }
    var session = Session()
    session.feed(flood + Frame.request(1) + flood)
    let before = session.violation
    session.feed(Frame.raw(stream: 1, type: 3))
    let after = session.violation
    #expect(before == nil)
    #expect(after != nil)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func garbageNeverTrapsAndNeverDependsOnItsSplit(block: UInt64) {
    for seed in block * 500..<(block + 1) * 500 {
      var random = SplitMix64(seed: seed)
      var bytes = TTRPCFramingTests.mixture
      for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&bytes, &random) }
      var limits = FramingLimits()
      limits.messageBytes = 400
      limits.callsInFlight = 2
      limits.headerBytes = 160
      let policy: Session.Policy = [.echo, .hold, .alternate, .open][Int(seed % 4)]
      var whole = Session(policy, limits: limits)
      whole.feed(bytes)
      var split = Session(policy, limits: limits)
      split.feed(bytes, piece: { _ in Int.random(in: 1...40, using: &random) })
      let expected = whole.transcript
      let transcript = split.transcript
      let areWellFormed = whole.answers != nil
      // Checked outside of the macro, which is slow in a loop this long.
      if transcript != expected || !areWellFormed || expected.openCalls > 2 {
        Issue.record("seed \(seed): \(expected) against \(transcript)")
      }
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    guard !bytes.isEmpty else { return }
    let index = Int.random(in: 0..<bytes.count, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
    case 3:
      bytes.removeSubrange(index..<min(index + Int.random(in: 1...12, using: &random), bytes.count))
    default:
      let end = min(index + Int.random(in: 1...60, using: &random), bytes.count)
      bytes.insert(
        contentsOf: Array(bytes[index..<end]), at: Int.random(in: 0...bytes.count, using: &random))
    }
  }
}
