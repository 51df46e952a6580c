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
    // Its tokens, and the organization, in one transaction.
    #expect(try desk.revision == before + 2)
    #expect(desk.stepCount == 1)
    for token in tokens { #expect(try !desk.isActive(token)) }
    #expect(try desk.isActive(other))
    #expect(try desk.text() == Self.acmeToo)
    for (name, count) in try desk.rowCounts(of: "acme") where name != "owner_tokens" {
      #expect(count == (name == "counts" ? 3 : 0), "\(name)")
    }
    #expect(Desk.refusal { try desk.deleteOrganization("acme") }?.code == .notFound)
    // A new organization with the same id inherits nothing.
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

  /// What is large ends in steps of some milliseconds each, the organization itself in the last.
  @Test func endsWhatIsLargeInSteps() throws {
    let desk = try Desk()
    _ = try desk.load(Self.acme, Self.acmeToo)
    for start in stride(from: 0, to: 3_636, by: 909) {
      _ = try desk.load((start..<(start + 909)).map { ImportTests.user("u\($0)") })
    }
    var tokens: [String] = []
    for _ in 0..<1500 { tokens.append(try desk.issueToken("bob")) }
    var refusals: Set<String> = []
    var turns = 0
    try desk.deleteOrganization("acme") {
      // A slow machine takes more steps than a user may have tokens.
      turns += 1
      guard turns <= 100 else { return }
      // Nothing can be added any more.
      for add in [{ try desk.issueToken("bob") }, { try desk.issueOrgToken("agents") }] {
        refusals.insert(Desk.refusal { _ = try add() }?.reason ?? "none")
      }
      #expect(try !desk.isActive(tokens[0]))
      _ = try desk.issueToken("bob", of: "acme-")
    }
    #expect(refusals == ["BEING_DELETED"])
    #expect(desk.stepCount > 2)
    for token in tokens { #expect(try !desk.isActive(token)) }
    // Ended tokens are kept for a while, and counted.
    for (name, count) in try desk.rowCounts(of: "acme") where name != "owner_tokens" {
      #expect(count == (name == "counts" ? 1 : 0), "\(name)")
    }
    #expect(try desk.text() == Self.acmeToo)
    _ = try desk.load(Array(Self.acme.prefix(3)))
    _ = try desk.issueToken("bob")
  }

  /// Each step changes something, also on a slow machine.
  @Test func endsWhereAStepHasNoTime() throws {
    var limits = ServiceLimits()
    limits.stepNanoseconds = 0
    let desk = try Desk(limits: limits)
    _ = try desk.load(Self.acme, Self.acmeToo)
    for start in stride(from: 0, to: 2_010, by: 670) {
      _ = try desk.load((start..<(start + 670)).map { ImportTests.user("u\($0)") })
    }
    var turns = 0
    struct Endless: Error {}
    try desk.deleteOrganization("acme") {
      turns += 1
      if turns > 100 { throw Endless() }
    }
    #expect(turns > 5)
    #expect(try desk.text() == Self.acmeToo)
  }

  @Test func aUserWithManyTokensEndsInSteps() throws {
    let desk = try Desk()
    _ = try desk.load(Self.acme)
    var tokens: [String] = []
    for _ in 0..<2500 { tokens.append(try desk.issueToken("bob")) }
    try desk.deleteUser("bob") {
      #expect(Desk.refusal { _ = try desk.issueToken("bob") }?.reason == "BEING_DELETED")
      _ = try desk.issueToken("alice")
    }
    #expect(desk.stepCount == 3)
    for token in tokens { #expect(try !desk.isActive(token)) }
    _ = try desk.load([ImportTests.user("bob")])
    #expect(try desk.isActive(try desk.issueToken("bob")))
    for token in tokens { #expect(try !desk.isActive(token)) }
  }

  /// An administrator that ends itself, by the token that is revoked on the way.
  @Test func oneWithManyTokensEndsItself() throws {
    let desk = try Desk()
    _ = try desk.load(Self.acme)
    _ = try desk.load([ImportTests.user("carol", isAdministrator: true)])
    let own = try desk.issueToken("carol")
    for _ in 0..<1500 { _ = try desk.issueToken("carol") }
    desk.bearer = own
    try desk.deleteUser("carol")
    #expect(desk.stepCount == 2)
    desk.bearer = ""
    #expect(try !desk.isActive(own))
    #expect(try !desk.text().contains { $0.contains("carol") })
  }

  /// A team and a user that may write more than ends with them at once.
  @Test(arguments: ["user", "team"]) func aWriterOfManyEndsInSteps(_ kind: String) throws {
    let desk = try Desk()
    _ = try desk.load(Self.acme)
    let writer = kind == "user" ? #"{"user_id":"bob"}"# : #"{"team_id":"ops"}"#
    for start in stride(from: 0, to: 2700, by: 900) {
      _ = try desk.load(
        (start..<(start + 900)).map {
          #"{"resource":{"organization_id":"acme","type":"dashboard","id":"d\#($0)","#
            + #""writers":[\#(writer)]}}"#
        })
    }
    if kind == "user" { try desk.deleteUser("bob") } else { try desk.deleteTeam("ops") }
    #expect(desk.stepCount > 1)
    let counts = try desk.rowCounts(of: "acme")
    #expect(counts["writers"] == 1 && counts["principal_resources"] == 1)
  }

  /// The history of a token shows its revoke, of whatever kind it was.
  @Test func aTokensHistoryTellsItsEnd() throws {
    let desk = try Desk()
    _ = try desk.load(Self.acme, Self.acmeToo)
    let (one, two) = (try desk.issueTokenID("bob"), try desk.issueTokenID("alice"))
    let other = try desk.issueTokenID("bob", of: "acme-")
    try desk.deleteUser("bob")
    #expect(
      try desk.kinds(ofToken: one) == ["EVENT_KIND_TOKEN_ISSUED", "EVENT_KIND_TOKENS_REVOKED"])
    try desk.deleteOrganization("acme")
    #expect(
      try desk.kinds(ofToken: two) == ["EVENT_KIND_TOKEN_ISSUED", "EVENT_KIND_TOKENS_REVOKED"])
    #expect(try desk.kinds(ofToken: other) == ["EVENT_KIND_TOKEN_ISSUED"])
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
