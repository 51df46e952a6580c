internal import GRPC
internal import RPC
internal import Testing

/// Every refusal of the table that gRPC can get has the table's code, words and reason.
@Suite struct RefusalTableTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    let refusal: Refusal
    var replaced: (String, String)?
    var added: [(String, String)] = []
    var body = message([1])

    var testDescription: String { refusal.rawValue }
  }

  private static let faults = [
    Fault(refusal: .pathMalformed, replaced: (":path", "/none")),
    Fault(refusal: .timeoutMalformed, added: [("grpc-timeout", "123456789S")]),
    Fault(
      refusal: .encodingUnsupported, added: [("grpc-encoding", "gzip")],
      body: message([1], flag: 1)),
    Fault(refusal: .encodingMissing, body: message([1], flag: 1)),
    Fault(refusal: .messageFlagUnknown, body: message([1], flag: 2)),
    Fault(refusal: .messageMissing, body: []),
    Fault(refusal: .messageSurplus, body: message([1]) + message([2])),
    Fault(refusal: .requestCut, body: message([1], length: 2)),
  ]

  @Test(arguments: faults) func saysWhy(_ fault: Fault) throws {
    let peer = try RawPeer()
    let fields = RawPeer.unary.map { $0.0 == fault.replaced?.0 ? fault.replaced ?? $0 : $0 }
    try peer.headers(1, fields + fault.added)
    try peer.data(1, fault.body)
    #expect(try peer.take() == nil)
    try expect(peer, 1, fault.refusal)
  }

  private func expect(_ peer: RawPeer, _ stream: UInt32, _ refusal: Refusal) throws {
    let answer = peer.answer(stream)
    #expect(answer.grpcStatus == refusal.code)
    #expect(answer.field("grpc-message") == refusal.message)
    let details = try #require(answer.field("grpc-status-details-bin"))
    let text = String(decoding: decodeBase64(details), as: UTF8.self)
    #expect(text.contains(refusal.rawValue) && text.contains("postern"))
  }

  @Test func saysThatRequestsAreUnfinished() throws {
    let peer = try RawPeer()
    for stream: UInt32 in [1, 3, 5, 7] {
      try peer.headers(stream)
      try peer.data(stream, message([1], length: FramingLimits().messageBytes), end: false)
    }
    try peer.headers(9)
    try peer.data(9, message([1], length: 100), end: false)
    try peer.data(9, [])
    try expect(peer, 9, .unfinishedRequests)
  }

  @Test func saysThatAnswersAreUnread() throws {
    let peer = try RawPeer()
    try peer.send(HTTP2Frame.settings, [0, 4] + bigEndian(0))
    for stream: UInt32 in [1, 3, 5, 7, 9] {
      try peer.headers(stream)
      try peer.data(stream, message([]))
      _ = try peer.take()
      peer.respond(stream, [UInt8](repeating: 0, count: 4 << 20))
    }
    try expect(peer, 9, .unreadAnswers)
  }

  @Test func isOneTable() {
    let messages = Set(Refusal.allCases.map(\.message))
    #expect(messages.count == Refusal.allCases.count)
  }
}
