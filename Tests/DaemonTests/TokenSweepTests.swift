internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Tokens that ended long ago leave the ledger.
@Suite struct TokenSweepTests {
  @Test func removesEndedTokensAndNoOthers() throws {
    let daemon = try Daemon(["--token-retention", "1"])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let good = try client.issueToken(for: "alice", of: "acme")
    let eternal = try client.issueOrgToken(named: "eternal", of: "acme", [.api])
    let disabled = try client.issueOrgToken(named: "disabled", of: "acme", [.api])
    try client.updateOrgToken(disabled.id, ["disabled"]) { $0.setDisabled(true) }
    let expired = try client.issueOrgToken(
      named: "expired", of: "acme", [.api], seconds: 0, nanoseconds: 1)
    var ended = [expired]
    // More than one batch.
    for _ in 0..<300 {
      let issued = try client.issueToken(for: "alice", of: "acme")
      try client.revoke(id: issued.id)
      ended.append(issued)
    }
    // The first may be gone before the last was issued.
    try wait(for: "the sweep") { try client.tokenCount() == 3 }
    for token in ended {
      #expect(try !client.isActive(token.secret))
      let refusal = failure { () throws(ClientError) in try client.orgToken(token.id) }
      #expect(refusal?.statusName == "NOT_FOUND")
      try client.revoke(secret: token.secret)
    }
    // The name of an expired token is free once it is gone.
    _ = try client.issueOrgToken(named: "expired", of: "acme", [.api])
    for token in [good, eternal] { #expect(try client.isActive(token.secret)) }
    #expect(try client.orgToken(disabled.id)?.state == .disabled)
    // Nothing of the swept ones is left in the lists.
    let reply = try client.listTokens { $0.setOrganizationID("acme") }
    #expect(reply.message.tokensCount == 4)
    #expect(try daemon.stop() == .exited(0))
  }

  /// A name that another token has by now stays taken when the earlier token is swept.
  @Test func leavesTheNameToItsPresentHolder() throws {
    let daemon = try Daemon(["--token-retention", "1"])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let first = try client.issueOrgToken(named: "ci", of: "acme", [.api])
    try client.revoke(id: first.id)
    let second = try client.issueOrgToken(named: "ci", of: "acme", [.api])
    try wait(for: "the sweep") { try client.tokenCount() == 1 }
    let refusal = failure { () throws(ClientError) in
      try client.issueOrgToken(named: "ci", of: "acme", [.api])
    }
    #expect(refusal?.statusName == "ALREADY_EXISTS" && refusal?.field == "name")
    try client.revoke(id: second.id)
    _ = try client.issueOrgToken(named: "ci", of: "acme", [.api])
  }
}
