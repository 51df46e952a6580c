internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// A user id means a user of one organization: one with the same id in another is a stranger, also
/// for actions that a user may do to itself.
@Suite struct NamesakeTests {
  private static let directory = "postern.v1.DirectoryService"
  private static let audit = "postern.v1.AuditService"

  /// What `bob` of `acme` may do about itself, what destroys something last.
  private static func calls(token: String) -> [(call: WireCall, isStream: Bool)] {
    let user = Encoding.field(1, "acme") + Encoding.field(2, "bob")
    let membership =
      Encoding.field(1, "acme") + Encoding.field(2, "writers") + Encoding.field(3, "bob")
    let entry =
      Encoding.field(1, "acme") + Encoding.field(2, "dashboard") + Encoding.field(3, "another")
      + Encoding.field(4, Encoding.field(1, "bob"))
    return [
      (WireCall(service: audit, method: "ListEvents", payload: user), true),
      (WireCall(service: audit, method: "GetUsage", payload: user), false),
      (WireCall(method: "ListTokens", payload: user), false),
      (WireCall(method: "GetToken", payload: Encoding.field(1, token)), false),
      (WireCall(method: "IssueToken", payload: user), false),
      (WireCall(service: directory, method: "RemoveTeamMember", payload: membership), false),
      (WireCall(service: directory, method: "RemoveWriter", payload: entry), false),
      (WireCall(method: "RevokeToken", payload: Encoding.field(2, token)), false),
      (WireCall(method: "RevokeTokens", payload: user), true),
    ]
  }

  private func outcome(
    _ call: WireCall, isStream: Bool, bearer: String, _ peer: any StreamPeer, _ stream: UInt32
  ) throws -> Outcome {
    var call = call
    call.bearer = bearer
    guard isStream else {
      try peer.sendUnary(call, stream: stream)
      return try peer.unary(stream)
    }
    try peer.open(call, stream: stream)
    return try peer.all(stream).outcome
  }

  @Test(arguments: PeerKind.allCases) func areStrangers(kind: PeerKind) throws {
    let world = try World()
    let client = try world.daemon.client()
    try client.invite("bob", to: "other")
    try client.addMember("bob", to: "writers", of: "acme")
    try client.setWriter("bob", "dashboard", "another", of: "acme")
    let spare = try client.issueToken(for: "bob", of: "acme")
    let namesake = try client.issueToken(for: "bob", of: "other").secret
    let before = try client.revision()
    let peer = try kind.connect(world.daemon)
    let calls = Self.calls(token: spare.id)
    for (index, (call, isStream)) in calls.enumerated() {
      let outcome = try outcome(
        call, isStream: isStream, bearer: namesake, peer, UInt32(2 * index + 1))
      #expect([5, 7].contains(outcome.code), "\(call.method): \(outcome)")
    }
    #expect(try client.revision() == before)
    #expect(try client.isActive(spare.secret))
    // The same calls are good, only not this caller's.
    for (index, (call, isStream)) in calls.enumerated() {
      let outcome = try outcome(
        call, isStream: isStream, bearer: world.secret(of: .user), peer, UInt32(2 * index + 101))
      #expect(outcome.code == 0, "\(call.method): \(outcome)")
    }
  }

  @Test func areStrangersToAQuestionToo() throws {
    let world = try World()
    let client = try world.daemon.client()
    try client.invite("bob", to: "other")
    let secrets = [
      "acme": world.secret(of: .user),
      "other": try client.issueToken(for: "bob", of: "other").secret,
    ]
    for (home, secret) in secrets {
      for organization in ["acme", "other"] {
        for action in ["user_token.issue", "user_token.list", "team.remove_member"] {
          let isAllowed = try client.check(
            token: secret, action, organization: organization, target: "bob"
          ).isAllowed
          #expect(isAllowed == (home == organization), "\(home): \(action) in \(organization)")
        }
      }
    }
  }

  /// A user that reads about itself reads nothing of its namesake, and a watch of its organization
  /// shows none of it.
  @Test func haveAHistoryOfTheirOwn() throws {
    let world = try World()
    let client = try world.daemon.client()
    let before = try client.revision()
    try client.invite("bob", to: "other")
    let namesake = try client.issueToken(for: "bob", of: "other")
    try client.revoke(id: namesake.id)
    let after = try client.revision()
    _ = try client.issueToken(for: "bob", of: "acme")
    let foreign = before + 1...after
    for (bearer, user) in [(world.secret(of: .user), "bob"), (nil, "bob"), (nil, "")] {
      var revisions: [UInt64] = []
      try world.daemon.client(bearer: bearer).listEvents { request in
        request.setOrganizationID("acme")
        request.setUserID(user)
      } each: { message in
        for index in 0..<message.eventsCount {
          revisions.append(message.events(at: index).attribution?.revision ?? 0)
        }
        return true
      }
      #expect(revisions.contains(after + 1))
      #expect(!revisions.contains { foreign.contains($0) }, "\(revisions)")
    }
    let peer = try TTRPCPeer(world.daemon)
    var watch = WireCall(service: "postern.v1.WatchService", method: "Watch")
    watch.payload = Encoding.field(2, "acme")
    watch.bearer = try client.issueToken(for: "bob", of: "other").secret
    try peer.open(watch, stream: 1)
    #expect(try peer.all(1).outcome.code == 7)
  }
}
