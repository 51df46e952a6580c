internal import Messages
internal import PosternClient
internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// What the answer to a command waits for. A daemon without a fleet is the whole fleet.
@Suite struct WaitTests {
  static func field(_ wait: UInt64) -> [UInt8] { Encoding.field(17, integer: wait) }

  private static let commands = Method.allCases.filter { method in
    guard method.descriptor.service.hasPrefix("postern.v1.") else { return false }
    return switch method.descriptor.kind {
    case .command, .stream(_, isCommand: true): true
    case .query, .background, .stream(_, isCommand: false): false
    }
  }

  /// A request that each method reads as far as its fields.
  private static func call(_ method: Method, wait: UInt64) -> WireCall {
    let acme = Encoding.field(1, "acme")
    let payload =
      switch method {
      // A record of nothing, which ends the stream.
      case .directoryServiceImport: Encoding.field(1, [UInt8]())
      case .tokenServiceRevokeTokens: acme + Encoding.field(2, "carol")
      default: [UInt8]()
      }
    return WireCall(
      service: method.descriptor.service, method: method.descriptor.name,
      payload: payload + field(wait))
  }

  @Test(arguments: PeerKind.allCases) func everyCommandTakesIt(kind: PeerKind) throws {
    let world = try World()
    let peer = try kind.connect(world.daemon)
    #expect(Self.commands.count >= 24)
    var stream: UInt32 = 1
    for method in Self.commands {
      var outcomes: [Outcome] = []
      for wait in 0...3 as ClosedRange<UInt64> {
        let call = Self.call(method, wait: wait)
        outcomes.append(try peer.answer(to: call, method.descriptor, stream).outcome)
        stream += 2
      }
      let name = method.descriptor.name
      // A value that the daemon does not know may ask for more than it does.
      let unknown = outcomes[3]
      #expect(unknown.code == 3 && unknown.violatedField == "wait", "\(name): \(unknown)")
      for wait in 1...2 {
        #expect(outcomes[wait].code == outcomes[0].code, "\(name): \(outcomes[wait])")
        #expect(outcomes[wait].message == outcomes[0].message, "\(name)")
        #expect(outcomes[wait].violatedField != "wait", "\(name)")
      }
    }
  }

  @Test func aloneItIsTheWholeFleet() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let reply = try client.issueToken {
      $0.setOrganizationID("acme")
      $0.setUserID("alice")
      $0.setWait(.fleet)
    }
    let secret = String(reply.message.secret)
    #expect(try client.isActive(secret))
    // The first changes something, the second nothing.
    for _ in 0..<2 {
      _ = try client.revokeToken {
        $0.setSecret(secret)
        $0.setWait(.fleet)
      }
      #expect(try !client.isActive(secret))
    }
  }

  /// A mass revoke that broke off goes on although it waits for something else.
  @Test(arguments: PeerKind.allCases) func aMassRevokeTakesItAnew(kind: PeerKind) throws {
    let world = try World()
    let client = try world.daemon.client()
    for _ in 0..<1001 { _ = try client.issueToken(for: "bob", of: "acme") }
    let peer = try kind.connect(world.daemon)
    func reports(_ more: [UInt8], _ stream: UInt32) throws -> (Outcome, [[UInt8]]) {
      let call = WireCall(
        service: "postern.v1.TokenService", method: "RevokeTokens",
        payload: Encoding.field(1, "acme") + Encoding.field(2, "bob") + more)
      try peer.open(call, stream: stream)
      let (messages, outcome) = try peer.all(stream)
      return (outcome, messages)
    }
    let (outcome, messages) = try reports(Self.field(2), 1)
    #expect(outcome.code == 0 && messages.count == 2)
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
    let report = messages[0]
    let first = try PosternV1.RevokeTokensResponse(decoding: report.span, in: arena)
    let rest = Encoding.field(5, String(first.nextPageToken))
    #expect(try reports(rest, 3).0.code == 0)
    #expect(try reports(rest + Self.field(1), 5).0.code == 0)
    #expect(try reports(rest + Encoding.field(4, integer: 1), 7).0.code == 3)
  }
}
