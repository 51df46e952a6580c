internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Revoking many tokens in one call, step by step.
@Suite struct MassRevocationTests {
  @Test(arguments: PeerKind.allCases) func revokesInBatchesAndReports(kind: PeerKind) throws {
    let (daemon, secrets) = try Self.organization(tokens: 2500)
    let client = try daemon.client()
    let org = try client.issueOrgToken(named: "kept", of: "acme", [.api])
    let peer = try kind.connect(daemon)
    let payload = Encoding.field(1, "acme") + Encoding.field(4, integer: 1)
    try peer.open(Self.call(payload), stream: 1)
    let (messages, outcome) = try peer.all(1)
    #expect(outcome == Outcome(payload: []))
    let reports = try messages.map(Report.init)
    #expect(reports.map(\.count) == [1000, 2000, 2500])
    #expect(reports.map(\.isDone) == [false, false, true])
    #expect(reports.map(\.next.isEmpty) == [false, false, true])
    for secret in [secrets[0], secrets[1234], secrets[2499]] {
      #expect(try !client.isActive(secret))
    }
    #expect(try client.isActive(org.secret))
    // What is issued later is not touched by repeating the call.
    try peer.open(Self.call(payload), stream: 3)
    let repeated = try peer.all(3).messages.map(Report.init)
    #expect(repeated.allSatisfy { $0.count == 0 } && repeated.last?.isDone == true)
  }

  @Test func goesOnWhereItStopped() throws {
    let (daemon, secrets) = try Self.organization(tokens: 2100)
    // No window for a second report: the call can't end.
    let peer = try GRPCPeer(daemon, window: 80)
    try peer.open(Self.call(Encoding.field(1, "acme")), stream: 1)
    let first = try Report(try #require(try peer.next(1).message))
    #expect(first.count == 1000)
    try peer.cancel(1)
    let client = try daemon.client()
    #expect(try !client.isActive(secrets[0]))
    let again = try TTRPCPeer(daemon)
    let payload = Encoding.field(1, "acme") + Encoding.field(5, first.next)
    try again.open(Self.call(payload), stream: 1)
    let last = try Report(try #require(try again.all(1).messages.last))
    #expect(last.isDone)
    #expect(try !client.isActive(secrets[2099]))
  }

  /// However they are selected, what is issued while the call goes on is not revoked by it.
  @Test(arguments: [
    Encoding.field(1, "acme") + Encoding.field(2, "bob"), Encoding.field(1, "acme"),
    Encoding.field(3, Encoding.field(1, integer: 9_000_000_000)),
  ])
  func sparesWhatIsIssuedBetweenTwoSteps(_ payload: [UInt8]) throws {
    let (daemon, secrets) = try Self.organization(tokens: 2100)
    let client = try daemon.client()
    // No window for a second report: the last step can't have begun.
    let peer = try GRPCPeer(daemon, window: 80)
    try peer.open(Self.call(payload), stream: 1)
    #expect(try Report(try #require(try peer.next(1).message)).count == 1000)
    let late = try client.issueToken(for: "bob", of: "acme")
    try peer.openWindow(of: 1, by: 1 << 20)
    let last = try Report(try #require(try peer.all(1).messages.last))
    #expect(last.count == 2100 && last.isDone)
    #expect(try !client.isActive(secrets[2099]))
    #expect(try client.isActive(late.secret))
  }

  @Test func isForCallersWithTheRight() throws {
    let world = try World()
    let peer = try TTRPCPeer(world.daemon)
    let acme = Encoding.field(1, "acme")
    let bob = acme + Encoding.field(2, "bob")
    let cases: [(String?, [UInt8], Int32)] = [
      (world.secret(of: .user), acme, 7), (world.secret(of: .writer), bob, 7),
      (world.secret(of: .stranger), acme, 7), (world.secret(of: .revoked), acme, 16),
      (world.secret(of: .administrator), Encoding.field(3, []), 7),
      (nil, [], 3), (nil, Encoding.field(2, "bob"), 3), (nil, Encoding.field(1, "nowhere"), 5),
      (nil, acme + Encoding.field(5, "x"), 3), (nil, Encoding.field(1, "-"), 3),
      (nil, acme + Encoding.field(3, Encoding.field(2, integer: 2_000_000_000)), 3),
      (world.secret(of: .user), bob, 0), (world.secret(of: .administrator), acme, 0),
    ]
    for (index, (bearer, payload, code)) in cases.enumerated() {
      let stream = UInt32(2 * index + 1)
      var call = Self.call(payload)
      call.bearer = bearer
      try peer.open(call, stream: stream)
      let outcome = try peer.all(stream).outcome
      #expect(outcome.code == code, "case \(index): \(outcome)")
    }
    // The administrator's own token went with the rest, and the last report still came.
    #expect(try !world.daemon.client().isActive(world.secret(of: .administrator)))
  }

  @Test func selectsByTime() throws {
    let (daemon, secrets) = try Self.organization(tokens: 3)
    let peer = try TTRPCPeer(daemon)
    try peer.open(
      Self.call(Encoding.field(3, Encoding.field(1, integer: 1))), stream: 1)
    #expect(try Report(try #require(try peer.all(1).messages.last)).count == 0)
    #expect(try daemon.client().isActive(secrets[0]))
    try peer.open(
      Self.call(Encoding.field(3, Encoding.field(1, integer: 9_000_000_000))), stream: 3)
    #expect(try Report(try #require(try peer.all(3).messages.last)).count == 3)
    #expect(try !daemon.client().isActive(secrets[0]))
  }

  /// A user with more tokens than end at once: the call goes on by itself, and others are served.
  @Test func aUserWithManyTokensEndsInSteps() throws {
    let (daemon, secrets) = try Self.organization(tokens: 2500)
    let client = try daemon.client()
    let before = try client.revision()
    try client.deleteUser("bob", of: "acme")
    // Three steps revoke, the last of which ends the user too.
    #expect(try client.revision() == before + 4)
    for secret in secrets { #expect(try !client.isActive(secret)) }
    try client.invite("bob", to: "acme")
    let heir = try client.issueToken(for: "bob", of: "acme")
    #expect(try client.isActive(heir.secret))
    #expect(try daemon.stop() == .exited(0))
  }

  private static func call(_ payload: [UInt8]) -> WireCall {
    WireCall(method: "RevokeTokens", payload: payload)
  }

  /// A daemon with tokens of one user, `bob`.
  private static func organization(tokens: Int) throws -> (Daemon, [String]) {
    let daemon = try Daemon()
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    try client.invite("bob", to: "acme")
    let peer = try TTRPCPeer(daemon)
    let issue = WireCall(
      method: "IssueToken", payload: Encoding.field(1, "acme") + Encoding.field(2, "bob"))
    var secrets: [String] = []
    for start in Swift.stride(from: 0, to: tokens, by: 500) {
      let range = start..<min(start + 500, tokens)
      for index in range { try peer.send(issue, stream: UInt32(2 * index + 1)) }
      for _ in range {
        let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
        let answer = try peer.receive().outcome.payload
        let response = try PosternV1.IssueTokenResponse(decoding: answer.span, in: arena)
        secrets.append(String(response.secret))
      }
    }
    return (daemon, secrets)
  }
}

/// A report of a mass revocation.
private struct Report {
  let count: Int
  let isDone: Bool
  let next: String

  init(_ message: [UInt8]) throws {
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
    let response = try PosternV1.RevokeTokensResponse(decoding: message.span, in: arena)
    count = Int(response.revokedCount)
    isDone = response.done
    next = String(response.nextPageToken)
  }
}
