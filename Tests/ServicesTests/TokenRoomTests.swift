internal import RPC
internal import Services
internal import Testing

/// How many tokens a user and an organization may have, and of those that have ended.
@Suite struct TokenRoomTests {
  private func desk() throws -> Desk {
    var limits = ServiceLimits()
    limits.tokensPerUser = 3
    limits.orgTokens = 2
    limits.endedTokens = 4
    let desk = try Desk(limits: limits)
    _ = try desk.load([
      #"{"organization":{"id":"acme"}}"#, ImportTests.user("alice", isAdministrator: true),
      ImportTests.user("bob"),
    ])
    return desk
  }

  /// Issuing and revoking in turn comes to an end.
  @Test func endedOnesCountTowardsAFurtherLimit() throws {
    let desk = try desk()
    for _ in 0..<7 { try desk.revoke(try desk.issueToken("alice")) }
    let refusal = Desk.refusal { _ = try desk.issueToken("alice") }
    #expect(refusal?.reason == "LIMIT_REACHED")
    // To revoke more would not help.
    #expect(refusal?.message.contains("`token-retention`") == true)
    // Others have limits of their own.
    for _ in 0..<3 { _ = try desk.issueToken("bob") }
    let full = Desk.refusal { _ = try desk.issueToken("bob") }
    #expect(full?.message == "the limit `max-tokens-per-user` of 3 is reached")
    for index in 0..<6 { try desk.revoke(try desk.issueOrgToken("t\(index)")) }
    #expect(Desk.refusal { _ = try desk.issueOrgToken("more") }?.reason == "LIMIT_REACHED")
  }

  @Test func anEndedOneMakesRoom() throws {
    let desk = try desk()
    let first = try desk.issueToken("alice")
    for _ in 0..<2 { _ = try desk.issueToken("alice") }
    #expect(Desk.refusal { _ = try desk.issueToken("alice") } != nil)
    try desk.revoke(first)
    _ = try desk.issueToken("alice")
    #expect(Desk.refusal { _ = try desk.issueToken("alice") } != nil)
    let ours = try desk.issueOrgToken("a")
    _ = try desk.issueOrgToken("b")
    #expect(Desk.refusal { _ = try desk.issueOrgToken("c") } != nil)
    try desk.revoke(ours)
    _ = try desk.issueOrgToken("c")
  }

  /// It can be switched on again.
  @Test func aDisabledOneTakesRoom() throws {
    let desk = try desk()
    let first = try desk.issueOrgToken("a")
    _ = try desk.issueOrgToken("b")
    try desk.disable(first)
    #expect(Desk.refusal { _ = try desk.issueOrgToken("c") }?.reason == "LIMIT_REACHED")
    try desk.revoke(first)
    _ = try desk.issueOrgToken("c")
  }
}
