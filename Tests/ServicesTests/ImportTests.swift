internal import Messages
internal import RPC
internal import Services
internal import Testing

/// What `Import` changes, and what it refuses.
@Suite struct ImportTests {
  private let acme = #"{"organization":{"id":"acme","display_name":"Acme"}}"#
  private let alice = user("alice", isAdministrator: true)

  @Test func createsChangesAndLeavesAlone() throws {
    let desk = try Desk()
    let records = [
      acme, alice, Self.user("bob"),
      #"{"team":{"organization_id":"acme","id":"ops","member_user_ids":["bob"]}}"#,
      #"{"resource":{"organization_id":"acme","type":"dashboard","id":"one","#
        + #""writers":[{"user_id":"bob"},{"team_id":"ops"}]}}"#,
    ]
    let first = try desk.load(records)
    #expect(
      first
        == ImportSummary(organizations: 1, users: 2, teams: 1, resources: 1, revision: 8))
    // The same again changes nothing, not even in parts or twice in a message.
    let second = try desk.load(Array(records.prefix(3)), records + records)
    #expect(second == ImportSummary(unchanged: 13, revision: 8))
    // Only what differs is changed.
    let third = try desk.load(
      [#"{"organization":{"id":"acme"}}"#, Self.user("bob", name: "Bob", isAdministrator: true)],
      [
        #"{"team":{"organization_id":"acme","id":"ops","display_name":"Ops"}}"#,
        #"{"resource":{"organization_id":"acme","type":"dashboard","id":"one","#
          + #""display_name":"One","writers":[{"user_id":"alice"}]}}"#,
      ])
    #expect(
      third
        == ImportSummary(organizations: 1, users: 1, teams: 1, resources: 1, revision: 14))
    #expect(
      try desk.text() == [
        #"{"organization":{"id":"acme"}}"#, alice,
        Self.user("bob", name: "Bob", isAdministrator: true),
        #"{"team":{"organization_id":"acme","id":"ops","display_name":"Ops","#
          + #""member_user_ids":["bob"]}}"#,
        #"{"resource":{"organization_id":"acme","type":"dashboard","id":"one","#
          + #""display_name":"One","writers":[{"user_id":"alice"},{"user_id":"bob"},"#
          + #"{"team_id":"ops"}]}}"#,
      ])
  }

  /// A message with an error changes nothing; those before it stay, and are counted.
  @Test func appliesAMessageOrNothingOfIt() throws {
    let desk = try Desk()
    let refusal = Desk.refusal {
      _ = try desk.load(
        [acme, alice], [Self.user("bob")],
        [Self.user("carol"), Self.user("dave"), Self.user("e f")], [Self.user("erin")])
    }
    #expect(refusal?.code == .invalidArgument)
    #expect(refusal?.field == "records[2].user.id")
    #expect(refusal?.metadata.first { $0.key == "applied" }?.value == "2")
    #expect(try desk.text() == [acme, alice, Self.user("bob")])
  }

  /// A message that takes long is applied in steps: other commands have their turn, and their
  /// changes in between count.
  @Test func goesInSteps() throws {
    let desk = try Desk()
    let users = (0..<990).map { Self.user("u\($0)") }
    _ = try desk.load([acme, alice] + users)
    let members = (0..<990).map { "\"u\($0)\"" }.joined(separator: ",")
    let teams = (0..<5).map {
      #"{"team":{"organization_id":"acme","id":"t\#($0)","member_user_ids":[\#(members)]}}"#
    }
    let message = Desk.message(try teams.map(Desk.record))
    var meanwhile = 0
    try desk.command(.directoryServiceImport, message) { meanwhile += 1 }
    #expect(desk.stepCount > 1 && meanwhile == desk.stepCount - 1)
    for index in 0..<5 { #expect(try desk.text().contains { $0.contains(#""t\#(index)""#) }) }
    // Again, and between two steps a user is deleted that a later record names.
    for index in 0..<5 { try desk.deleteTeam("t\(index)") }
    let refusal = Desk.refusal {
      try desk.command(.directoryServiceImport, message) {
        if try desk.text().contains(where: { $0.contains("u989") }) { try desk.deleteUser("u989") }
      }
    }
    #expect(refusal?.field == "records[1].team.member_user_ids[989]")
    #expect(try desk.text().contains { $0.contains(#""t0""#) })
  }

  /// No step ends with an organization that has no administrator yet.
  @Test func noStepLeavesAnOrganizationHeadless() throws {
    let desk = try Desk()
    let users = (0..<995).map { Self.user("u\($0)") }
    let records = [acme] + users.prefix(990) + [alice] + users.suffix(5)
    try desk.command(.directoryServiceImport, Desk.message(try records.map(Desk.record))) {
      let text = try desk.text()
      #expect(text.contains(alice))
    }
    #expect(try desk.text().count == 997)
  }

  @Test(arguments: [
    ("{}", "records[1]"),
    (#"{"organization":{}}"#, "records[1].organization.id"),
    (#"{"user":{"organization_id":"none","id":"u"}}"#, "records[1].user.organization_id"),
    (
      #"{"team":{"organization_id":"acme","id":"t","member_user_ids":["alice","late"]}}"#,
      "records[1].team.member_user_ids[1]"
    ),
    (
      #"{"resource":{"organization_id":"acme","type":"nothing","id":"r"}}"#,
      "records[1].resource.type"
    ),
    (
      #"{"resource":{"organization_id":"acme","type":"dashboard","id":"r","#
        + #""writers":[{"team_id":"late"}]}}"#, "records[1].resource.writers[0].team_id"
    ),
    (
      #"{"resource":{"organization_id":"acme","type":"dashboard","id":"r","writers":[{}]}}"#,
      "records[1].resource.writers[0]"
    ),
  ])
  func namesTheFieldOfTheRecord(_ record: String, _ field: String) throws {
    let desk = try Desk()
    _ = try desk.load([acme, alice])
    let refusal = Desk.refusal {
      _ = try desk.load([
        Self.user("bob"), record, Self.user("late"),
        #"{"team":{"organization_id":"acme","id":"late"}}"#,
      ])
    }
    #expect(refusal?.field == field)
    #expect(try desk.text() == [acme, alice])
  }

  @Test func keepsAnAdministrator() throws {
    let desk = try Desk()
    #expect(Desk.refusal { _ = try desk.load([acme], [alice]) }?.reason == "LAST_ADMINISTRATOR")
    #expect(
      Desk.refusal { _ = try desk.load([acme, Self.user("alice")]) }?.field == "records[1]")
    _ = try desk.load([acme, alice])
    #expect(
      Desk.refusal { _ = try desk.load([Self.user("alice")]) }?.code == .failedPrecondition)
    // The state at the end of the message counts.
    _ = try desk.load([Self.user("alice"), Self.user("bob", isAdministrator: true)])
    #expect(
      try desk.text() == [acme, Self.user("bob", isAdministrator: true), Self.user("alice")])
    #expect(
      Desk.refusal {
        _ = try desk.load([
          Self.user("bob"), Self.user("bob", isAdministrator: true), Self.user("bob"),
        ])
      }?.reason == "LAST_ADMINISTRATOR")
  }

  @Test func boundsAMessage() throws {
    let desk = try Desk()
    #expect(Desk.refusal { try desk.load([[]]) }?.field == "records")
    let users = (0..<999).map { Self.user("u\($0)") }
    _ = try desk.load([acme, alice] + users.prefix(998))
    #expect(Desk.refusal { _ = try desk.load([acme, alice] + users) }?.field == "records")
    let members = (0..<998).map { "\"u\($0)\"" }.joined(separator: ",")
    let team = #"{"team":{"organization_id":"acme","id":"t","member_user_ids":[\#(members)]}}"#
    #expect(
      Desk.refusal { _ = try desk.load([String](repeating: team, count: 6)) }?.field
        == "records[5].team.member_user_ids")
    _ = try desk.load([String](repeating: team, count: 5))
    #expect(try desk.load([]) == ImportSummary(revision: try desk.revision))
  }

  @Test func isForOperators() throws {
    let desk = try Desk()
    desk.peer = Peer(userID: 9, groupID: 9, processID: 1, role: .client)
    #expect(Desk.refusal { _ = try desk.load([acme, alice]) }?.code == .permissionDenied)
  }

  static func user(_ id: String, name: String = "", isAdministrator: Bool = false) -> String {
    let name = name.isEmpty ? "" : #""display_name":"\#(name)","#
    return #"{"user":{"organization_id":"acme","id":"\#(id)",\#(name)"#
      + #""administrator":\#(isAdministrator)}}"#
  }
}
