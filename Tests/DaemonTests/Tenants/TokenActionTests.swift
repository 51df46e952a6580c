internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Which action each call on tokens asks for: of two that lie near, only one may open it.
@Suite struct TokenActionTests {
  private static let actions = [
    "org_token.create", "org_token.update", "org_token.rotate", "org_token.delete",
    "user_token.get", "user_token.list", "user_token.revoke",
  ]

  private let folder = TemporaryFolder()

  /// For each action a user that may do only that, by a role.
  private func world() throws -> (World, bearers: [String: String]) {
    let roles = Self.actions.indices.map { #""r\#($0)""# }.joined(separator: ", ")
    let rules = Self.actions.enumerated().map { #""\#($1)": { any: ["role:r\#($0)"] }"# }
    let path = folder.write(
      "policy.json5", "{ roles: [\(roles)], actions: { \(rules.joined(separator: ", ")) } }")
    let world = try World(["--policy", path])
    let client = try world.daemon.client()
    var bearers: [String: String] = [:]
    for (index, action) in Self.actions.enumerated() {
      let user = "holder-\(index)"
      try client.invite(user, to: "acme")
      _ = try client.setUserRoles { request in
        request.setOrganizationID("acme")
        request.setUserID(user)
        request.addRoles("r\(index)")
      }
      bearers[action] = try client.issueToken(for: user, of: "acme").secret
    }
    return (world, bearers)
  }

  /// Every call on a token by its id, or on all of them, with the action that opens it; nil where
  /// one alone must not.
  private static func calls(
    org: String, user: String
  ) -> [(action: String?, call: WireCall, isStream: Bool)] {
    let mask = Encoding.field(2, Encoding.field(1, "description"))
    let text = Encoding.field(5, "for tests")
    let acme = Encoding.field(1, "acme")
    let issue = acme + Encoding.field(5, "new") + Encoding.field(6, integer: 1)
    return [
      ("org_token.create", WireCall(method: "IssueToken", payload: issue), false),
      (
        "org_token.update",
        WireCall(method: "UpdateOrgToken", payload: Encoding.field(1, org) + mask + text), false
      ),
      (
        "org_token.rotate", WireCall(method: "RotateOrgToken", payload: Encoding.field(1, org)),
        false
      ),
      ("user_token.get", WireCall(method: "GetToken", payload: Encoding.field(1, org)), false),
      ("user_token.get", WireCall(method: "GetToken", payload: Encoding.field(1, user)), false),
      ("user_token.list", WireCall(method: "ListTokens", payload: acme), false),
      (
        "org_token.delete", WireCall(method: "RevokeToken", payload: Encoding.field(2, org)), false
      ),
      (
        "user_token.revoke", WireCall(method: "RevokeToken", payload: Encoding.field(2, user)),
        false
      ),
      (nil, WireCall(method: "RevokeTokens", payload: acme), true),
      (
        "user_token.revoke",
        WireCall(method: "RevokeTokens", payload: acme + Encoding.field(2, "carol")), true
      ),
    ]
  }

  @Test(arguments: PeerKind.allCases) func isTheOneOfTheCall(kind: PeerKind) throws {
    let (world, bearers) = try world()
    let client = try world.daemon.client()
    let org = try client.issueOrgToken(named: "ci", of: "acme", [.api])
    let user = try client.issueToken(for: "carol", of: "acme")
    let peer = try kind.connect(world.daemon)
    var stream: UInt32 = 1
    for (wanted, call, isStream) in Self.calls(org: org.id, user: user.id) {
      // The one that opens it comes last, since it may change what the others ask for.
      for action in Self.actions.sorted(by: { a, b in a != wanted && (b == wanted || a < b) }) {
        let before = try client.revision()
        var call = call
        call.bearer = bearers[action]
        let outcome: Outcome
        if isStream {
          try peer.open(call, stream: stream)
          outcome = try peer.all(stream).outcome
        } else {
          try peer.sendUnary(call, stream: stream)
          outcome = try peer.unary(stream)
        }
        stream += 2
        let says = "\(call.method) by a user that may \(action): \(outcome)"
        if action == wanted {
          #expect(outcome.code == 0, "\(says)")
        } else {
          #expect([5, 7].contains(outcome.code), "\(says)")
          #expect(try client.revision() == before, "\(says)")
        }
      }
    }
    #expect(try !client.isActive(org.secret))
    #expect(try !client.isActive(user.secret))
  }
}
