internal import Ledger
internal import Messages
internal import RPC
internal import Services
internal import Testing

/// What ends with an organization, a user and a team.
@Suite struct DeleteOrganizationTests {
  private static let acme = [
    #"{"organization":{"id":"acme"}}"#, ImportTests.user("alice", isAdministrator: true),
    ImportTests.user("bob"),
    #"{"team":{"organization_id":"acme","id":"ops","member_user_ids":["bob"]}}"#,
    #"{"resource":{"organization_id":"acme","type":"dashboard","id":"one","#
      + #""writers":[{"user_id":"bob"},{"team_id":"ops"}]}}"#,
  ]
  /// An organization whose keys stand right behind those of `acme`.
  private static let acmeToo = acme.map { $0.replacing("\"acme\"", with: "\"acme-\"") }

  @Test func endsAllThatItHolds() throws {
    let desk = try Desk()
    _ = try desk.load(Self.acme, Self.acmeToo)
    let tokens = [
      try desk.issueToken("alice"), try desk.issueToken("bob"), try desk.issueOrgToken("agents"),
    ]
    let other = try desk.issueToken("bob", of: "acme-")
    let before = try desk.revision
    for token in tokens { #expect(try desk.isActive(token)) }
    try desk.deleteOrganization("acme")
    #expect(try desk.revision == before + 1)
    for token in tokens { #expect(try !desk.isActive(token)) }
    #expect(try desk.isActive(other))
    #expect(try desk.text() == Self.acmeToo)
    for (name, count) in try desk.rowCounts(of: "acme") where name != "owner_tokens" {
      #expect(count == 0, "\(name)")
    }
    #expect(Desk.refusal { try desk.deleteOrganization("acme") }?.code == .notFound)
    // One of the same id inherits nothing.
    _ = try desk.load(Array(Self.acme.prefix(3)))
    #expect(try desk.text("acme") == Array(Self.acme.prefix(3)))
    for token in tokens { #expect(try !desk.isActive(token)) }
    _ = try desk.issueOrgToken("agents")
  }

  @Test func isForOperators() throws {
    let desk = try Desk()
    _ = try desk.load(Self.acme)
    let alice = try desk.issueToken("alice")
    desk.bearer = alice
    #expect(Desk.refusal { try desk.deleteOrganization("acme") }?.code == .permissionDenied)
  }

  @Test func isBounded() throws {
    let desk = try Desk()
    _ = try desk.load(Self.acme)
    for start in stride(from: 0, to: 9_999, by: 909) {
      _ = try desk.load((start..<(start + 909)).map { ImportTests.user("u\($0)") })
    }
    // 10,001 users now.
    let refusal = Desk.refusal { try desk.deleteOrganization("acme") }
    #expect(refusal?.code == .failedPrecondition)
    #expect(refusal?.reason == "ORGANIZATION_TOO_LARGE")
    try desk.deleteUser("u0")
    let token = try desk.issueToken("bob")
    #expect(
      Desk.refusal { try desk.deleteOrganization("acme") }?.reason == "ORGANIZATION_TOO_LARGE")
    // A revoked token counts no more.
    try desk.revoke(token)
    try desk.deleteOrganization("acme")
    #expect(try desk.text().isEmpty)
  }

  @Test func aUsersTokensEndWithIt() throws {
    let desk = try Desk()
    _ = try desk.load(Self.acme, Self.acmeToo)
    let (bob, other) = (try desk.issueToken("bob"), try desk.issueToken("bob", of: "acme-"))
    try desk.deleteUser("bob")
    #expect(try !desk.isActive(bob))
    #expect(try desk.isActive(other))
    _ = try desk.load([ImportTests.user("bob")])
    #expect(try !desk.isActive(bob))
    #expect(try desk.rowCounts(of: "acme")["writers"] == 1)
    #expect(try desk.rowCounts(of: "acme")["team_members"] == 0)
  }

  @Test func aTeamsRightsEndWithIt() throws {
    let desk = try Desk()
    _ = try desk.load(Self.acme)
    try desk.deleteTeam("ops")
    #expect(try desk.rowCounts(of: "acme")["writers"] == 1)
    #expect(try desk.rowCounts(of: "acme")["user_teams"] == 0)
    _ = try desk.load([#"{"team":{"organization_id":"acme","id":"ops"}}"#])
    #expect(
      try desk.text().last == #"{"resource":{"organization_id":"acme","type":"dashboard","#
        + #""id":"one","writers":[{"user_id":"bob"}]}}"#)
  }
}
