internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// How tokens end: with the token that issued them, if the policy says so; and in the history.
@Suite struct TokenEndTests {
  private static func end(_ secret: String, _ client: PosternClient) throws -> Int64? {
    let reply = try client.validateToken { $0.setSecret(secret) }
    let isActive = reply.message.active
    #expect(isActive)
    return reply.message.expiresAt?.seconds
  }

  @Test(arguments: [false, true]) func issuedTokensEndWithTheirIssuer(isCapped: Bool) throws {
    let folder = TemporaryFolder()
    let path = folder.write(
      "policy.json5", isCapped ? "{ issued_tokens: { end_with_issuer: true } }" : "{}")
    let world = try World(["--policy", path])
    let client = try world.daemon.client()
    let short = try client.issueToken(for: "alice", of: "acme", seconds: 3600).secret
    let end = try #require(try Self.end(short, client))
    let alice = try world.daemon.client(bearer: short)
    // A user token, by default of 30 days; one that ends before; an org token, by default endless.
    let long = try alice.issueToken(for: "alice", of: "acme")
    let shorter = try alice.issueToken(for: "alice", of: "acme", seconds: 60)
    let org = try alice.issueOrgToken(named: "ci", of: "acme", [.api])
    #expect(try Self.end(shorter.secret, client) ?? 0 < end - 3000)
    #expect((try Self.end(long.secret, client) == end) == isCapped)
    #expect(try Self.end(org.secret, client) == (isCapped ? end : nil))
    // Nor is it prolonged.
    let refusal = failure { () throws(ClientError) in
      try alice.updateOrgToken(org.id, ["expires_at"])
    }
    #expect(refusal?.reasonName == (isCapped ? "LATER_THAN_ISSUER" : nil))
    // An operator's process is not bound by it.
    #expect(
      try Self.end(client.issueToken(for: "bob", of: "acme").secret, client) ?? 0 > end + 86_400)
    #expect(try client.updateOrgToken(org.id, ["expires_at"]).token?.expiresAt == 0)
    // A rotated secret would last as long as the token, which has no end now.
    let rotation = failure { () throws(ClientError) in _ = try alice.rotate(org.id) }
    #expect(rotation?.reasonName == (isCapped ? "LATER_THAN_ISSUER" : nil))
    #expect(try !client.rotate(org.id).secret.isEmpty)
  }

  /// However a token was revoked, its history by id shows it.
  @Test func theHistoryShowsTheRevoke() throws {
    let world = try World()
    let client = try world.daemon.client()
    func history(_ token: IssuedToken, bearer: String? = nil) throws -> [PosternV1.EventKind] {
      var kinds: [PosternV1.EventKind] = []
      let reader = try world.daemon.client(bearer: bearer)
      try reader.listEvents { request in
        if bearer != nil { request.setOrganizationID("acme") }
        request.setTokenID(token.id)
      } each: { message in
        for index in 0..<message.eventsCount { kinds.append(message.events(at: index).kind) }
        return true
      }
      return kinds
    }
    let admin = world.secret(of: .administrator)
    let (single, gone, last) = (
      try client.issueToken(for: "bob", of: "acme"),
      try client.issueToken(for: "bob", of: "acme"),
      try client.issueOrgToken(named: "last", of: "acme", [.api])
    )
    try client.revoke(id: single.id)
    #expect(try history(single, bearer: admin) == [.tokenIssued, .tokenRevoked])
    try client.deleteUser("bob", of: "acme")
    #expect(try history(single, bearer: admin) == [.tokenIssued, .tokenRevoked])
    #expect(try history(gone, bearer: admin) == [.tokenIssued, .tokensRevoked])
    let carol = try client.issueToken(for: "carol", of: "acme")
    let peer = try TTRPCPeer(world.daemon)
    let payload = Encoding.field(1, "acme") + Encoding.field(2, "carol")
    try peer.open(WireCall(method: "RevokeTokens", payload: payload), stream: 1)
    #expect(try peer.all(1).outcome.code == 0)
    #expect(try history(carol, bearer: admin) == [.tokenIssued, .tokensRevoked])
    _ = try client.deleteOrganization { $0.setOrganizationID("acme") }
    #expect(try history(last) == [.tokenIssued, .tokensRevoked])
  }
}
