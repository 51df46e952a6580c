internal import GRPC
internal import RPC
internal import Testing

/// One case of HTTP/2's conformance: what a client sends, and what must follow.
struct ConformanceCase: CustomTestStringConvertible, Sendable {
  enum Outcome: Sendable {
    /// A GOAWAY with one of these codes.
    case goAway([UInt32])
    /// A GOAWAY or a reset with one of these codes.
    case error([UInt32])
    /// An answer on the first stream.
    case answer
    /// A first DATA frame of so many bytes; `nil` for any.
    case data(Int?)
    /// The connection lives: it acknowledges a PING.
    case pong
    /// That, or it has ended.
    case pongOrEnd
    /// As many SETTINGS are acknowledged.
    case acknowledgements(Int)
  }

  static let protocolError: UInt32 = 1
  static let flowControlError: UInt32 = 3
  static let streamClosed: UInt32 = 5
  static let frameSizeError: UInt32 = 6
  static let refusedStream: UInt32 = 7
  static let compressionError: UInt32 = 9

  /// The section of RFC 9113, of RFC 7541 behind `hpack`, or `use` for what every client does.
  let section: String
  let name: String
  let expected: Outcome
  let greets: Bool
  let run: @Sendable (RawPeer) throws -> Void

  var testDescription: String { "\(section) \(name)" }

  init(
    _ section: String, _ name: String, _ expected: Outcome, greets: Bool = true,
    run: @escaping @Sendable (RawPeer) throws -> Void
  ) {
    self.section = section
    self.name = name
    self.expected = expected
    self.greets = greets
    self.run = run
  }

  func check() throws {
    let peer = try RawPeer(greets: greets)
    do {
      try run(peer)
      peer.pump()
      if case .pong = expected { try peer.ping() }
      if case .pongOrEnd = expected, !peer.isFinished { try peer.ping() }
    } catch is ProtocolViolation {}
    peer.pump()
    #expect(isMet(by: peer), "\(peer.frames.map { ($0.type, $0.flags, $0.stream, $0.payload) })")
    for farewell in peer.goAways where farewell.secondNumber != 0 {
      #expect(farewell.text.utf8.count > 8, "GOAWAY has no word for people")
    }
  }

  private func isMet(by peer: RawPeer) -> Bool {
    let farewells = peer.goAways.map(\.secondNumber)
    let resets = peer.frames.filter { $0.type == HTTP2Frame.reset }.map(\.firstNumber)
    switch expected {
    case .goAway(let codes): return codes.contains { farewells == [$0] }
    case .error(let codes): return codes.contains { farewells == [$0] || resets.contains($0) }
    case .answer: return peer.answers[1]?.isEnded == true && farewells.isEmpty && resets.isEmpty
    case .data(let count):
      let first = peer.frames.first { $0.type == HTTP2Frame.data }
      return farewells.isEmpty && first != nil && (count == nil || first?.payload.count == count)
    case .pong: return farewells.isEmpty && peer.hasPong
    case .pongOrEnd: return peer.hasPong || peer.isFinished
    case .acknowledgements(let count):
      return farewells.isEmpty
        && peer.frames.filter { $0.type == HTTP2Frame.settings && $0.flags == 1 }.count == count
    }
  }
}

extension RawPeer {
  static let get: [(String, String)] = [
    (":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "localhost"),
  ]

  /// The usual fields with one replaced, or taken away.
  static func get(_ name: String, _ value: String?) -> [(String, String)] {
    get.compactMap { $0.0 == name ? value.map { (name, $0) } : $0 }
  }

  var goAways: [HTTP2Frame] { frames.filter { $0.type == HTTP2Frame.goAway } }
  var hasPong: Bool { frames.contains { $0.type == HTTP2Frame.ping && $0.flags == 1 } }

  func ping(flags: UInt8 = 0) throws {
    try send(HTTP2Frame.ping, flags: flags, [UInt8](repeating: 7, count: 8))
  }

  /// A whole request, or one that goes on.
  func ask(_ stream: UInt32 = 1, end: Bool = true, _ added: [(String, String)] = []) throws {
    try headers(stream, Self.get + added, end: end)
  }

  /// A whole request whose answer has been read.
  func askAndRead() throws {
    try ask()
    _ = answer(1)
  }

  /// A header block as it is, on the first stream.
  func block(_ bytes: [UInt8], flags: UInt8 = 5) throws {
    try send(HTTP2Frame.headers, flags: flags, stream: 1, bytes)
  }

  func priority(_ stream: UInt32, on other: UInt32 = 0, weight: UInt8 = 255) throws {
    try send(HTTP2Frame.priority, stream: stream, bigEndian(other) + [weight])
  }

  func windowUpdate(_ stream: UInt32, _ count: UInt32) throws {
    try send(HTTP2Frame.windowUpdate, stream: stream, bigEndian(count))
  }

  func setting(_ id: UInt8, _ value: UInt32) throws {
    try send(HTTP2Frame.settings, [0, id] + bigEndian(value))
  }
}
