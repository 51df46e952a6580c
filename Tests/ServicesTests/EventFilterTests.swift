internal import Ledger
internal import Messages
internal import RPC
internal import Services
internal import Testing
internal import Tokens

/// Which entries a request selects.
@Suite struct EventFilterTests {
  /// 1: acme is created by an operator; 2: alice invites bob; 3: alice puts a dashboard; 4: alice
  /// adds bob to a team; 5: mallory creates other; 6: bob revokes a token of his.
  private func log() throws -> EventLog {
    let log = try EventLog()
    let process = EventLog.actor("", "", nil)
    try log.append(process, { $0.makeOrganizationCreated().setOrganizationID("acme") })
    try log.append(
      EventLog.actor(),
      { entry in
        let invited = entry.makeUserInvited()
        invited.setOrganizationID("acme")
        invited.setUserID("bob")
      })
    try log.append(
      EventLog.actor(),
      { entry in
        let put = entry.makeResourcePut()
        put.setOrganizationID("acme")
        put.setResourceType("dashboard")
        put.setResourceID("one")
      })
    try log.append(
      EventLog.actor(),
      { entry in
        let added = entry.makeTeamMemberAdded()
        added.setOrganizationID("acme")
        added.setTeamID("ops")
        added.setUserID("bob")
      })
    try log.append(
      EventLog.actor("other", "bob", nil),
      { $0.makeOrganizationCreated().setOrganizationID("other") })
    try log.append(
      EventLog.actor("acme", "bob", nil),
      { entry in
        let revoked = entry.makeTokenRevoked()
        let id = EventLog.otherToken.bytes
        revoked.setTokenID(id.span)
        revoked.setOrganizationID("acme")
        revoked.setUserID("bob")
      })
    return log
  }

  private func revisions(
    _ fill: (PosternV1.ListEventsRequest.Builder) -> Void
  ) throws -> [UInt64] {
    try log().events(fill).map(\.revision)
  }

  @Test func selects() throws {
    #expect(try revisions { _ in } == [1, 2, 3, 4, 5, 6])
    #expect(try revisions { $0.setOrganizationID("acme") } == [1, 2, 3, 4, 6])
    #expect(try revisions { $0.setOrganizationID("acm") } == [])
    let ofBob = try revisions {
      $0.setOrganizationID("acme")
      $0.setUserID("bob")
    }
    #expect(ofBob == [2, 4, 6], "the bob of `other` is another one")
    let ofAlice = try revisions {
      $0.setOrganizationID("acme")
      $0.setUserID("alice")
    }
    #expect(ofAlice == [2, 3, 4])
    #expect(try revisions { $0.setTokenID(EventLog.token.description) } == [2, 3, 4])
    #expect(try revisions { $0.setTokenID(EventLog.otherToken.description) } == [6])
    #expect(try revisions { $0.setResourceType("dashboard") } == [3])
    let other = try revisions {
      $0.setResourceType("dashboard")
      $0.setResourceID("two")
    }
    #expect(other == [])
    let kinds = try revisions {
      $0.addKinds(.organizationCreated)
      $0.addKinds(.tokenRevoked)
    }
    #expect(kinds == [1, 5, 6])
    let times = try revisions {
      $0.makeStartTime().setSeconds(2)
      $0.makeEndTime().setSeconds(4)
    }
    #expect(times == [2, 3])
    #expect(try revisions { $0.makeStartTime().setSeconds(.max) } == [])
    #expect(try revisions { $0.makeEndTime().setSeconds(.min) } == [])
  }

  private func field(
    _ fill: (PosternV1.ListEventsRequest.Builder) -> Void
  ) -> String? {
    do {
      _ = try revisions(fill)
      return nil
    } catch {
      return (error as? Status)?.metadata.first { $0.key == "field" }?.value
    }
  }

  @Test func refusesWhatMeansNothing() {
    #expect(field { $0.setUserID("bob") } == "user_id")
    #expect(field { $0.setResourceID("one") } == "resource_id")
    #expect(field { $0.setOrganizationID("a/b") } == "organization_id")
    #expect(field { $0.setTokenID("x") } == "token_id")
    #expect(field { $0.addKinds(.unspecified) } == "kinds")
    #expect(field { $0.addKinds(PosternV1.EventKind(rawValue: 99)) } == "kinds")
    #expect(field { $0.addKinds(PosternV1.EventKind(rawValue: -1)) } == "kinds")
  }
}
