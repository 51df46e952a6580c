internal import Messages
internal import PosternClient
internal import Services
internal import TestSupport
internal import Testing

/// The limits on the tokens of one user, and on those of one organization.
@Suite struct TokenLimitTests {
  @Test func boundsTheTokensOfAnOrganization() throws {
    let daemon = try Daemon(["--max-org-tokens", "3"])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    for _ in 0..<5 { _ = try client.issueToken(for: "alice", of: "acme") }
    var issued: [IssuedToken] = []
    for name in ["a", "b", "c"] {
      issued.append(try client.issueOrgToken(named: name, of: "acme", [.api]))
    }
    let refusal = failure { () throws(ClientError) in
      _ = try client.issueOrgToken(named: "d", of: "acme", [.api])
    }
    #expect(refusal?.statusName == "RESOURCE_EXHAUSTED")
    #expect(refusal?.sentence.contains("`max-org-tokens`") == true)
    try client.revoke(secret: issued[0].secret)
    _ = try client.issueOrgToken(named: "d", of: "acme", [.api])
    #expect(
      failure { () throws(ClientError) in
        _ = try client.issueOrgToken(named: "e", of: "acme", [.api])
      } != nil)
    _ = try client.issueToken(for: "alice", of: "acme")
  }

  @Test func hasADefault() {
    #expect(ServiceLimits().tokensPerUser == 10_000)
    #expect(ServiceLimits().orgTokens == 10_000)
  }

  @Test func boundsTheTokensOfAUser() throws {
    let daemon = try Daemon(["--max-tokens-per-user", "3"])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    try client.invite("bob", to: "acme")
    var issued: [IssuedToken] = []
    for _ in 0..<3 { issued.append(try client.issueToken(for: "alice", of: "acme")) }
    let refusal = failure { () throws(ClientError) in
      try client.issueToken(for: "alice", of: "acme")
    }
    #expect(refusal?.statusName == "RESOURCE_EXHAUSTED")
    #expect(refusal?.sentence.contains("`max-tokens-per-user`") == true)
    // Another user has a limit of its own, and so do org tokens.
    _ = try client.issueToken(for: "bob", of: "acme")
    for name in ["a", "b", "c", "d"] {
      _ = try client.issueOrgToken(named: name, of: "acme", [.api])
    }
    // A token that is revoked makes room, once.
    try client.revoke(secret: issued[0].secret)
    try client.revoke(secret: issued[0].secret)
    _ = try client.issueToken(for: "alice", of: "acme")
    #expect(
      failure { () throws(ClientError) in try client.issueToken(for: "alice", of: "acme") } != nil)
    // A user that is invited again under an old id begins with no tokens.
    try client.setAdministrator("bob", of: "acme", true)
    try client.deleteUser("alice", of: "acme")
    try client.invite("alice", to: "acme")
    for _ in 0..<3 { _ = try client.issueToken(for: "alice", of: "acme") }
    #expect(
      failure { () throws(ClientError) in try client.issueToken(for: "alice", of: "acme") } != nil)
  }
}
