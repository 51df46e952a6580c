internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// A team's name for people.
@Suite struct TeamUpdateTests {
  @Test func changesTheNameAndNothingElse() throws {
    let world = try World()
    let client = try world.daemon.client()
    try client.createTeam("ops", of: "acme", members: ["bob", "dave"])
    let before = try Self.show(client)
    let revision = try client.updateTeam("ops", of: "acme", named: "Bereitschaft, größer")
    var expected = before
    expected.name = "Bereitschaft, größer"
    #expect(try Self.show(client) == expected)
    #expect(try client.revision() == revision)
    #expect(
      try client.updateTeam("ops", of: "acme", named: "Bereitschaft, größer") == revision,
      "nothing to change")
    try client.updateTeam("ops", of: "acme", ["display_name", "display_name"], named: "")
    #expect(try Self.show(client) == before)
  }

  @Test func refusesWhatCannotBe() throws {
    let world = try World()
    let client = try world.daemon.client()
    let revision = try client.revision()
    let refusals: [(String, String, [String], String, String)] = [
      ("writers", "acme", [], "x", "INVALID_ARGUMENT"),
      ("writers", "acme", [""], "x", "INVALID_ARGUMENT"),
      ("writers", "acme", ["member_user_ids"], "x", "INVALID_ARGUMENT"),
      ("writers", "acme", ["display_name", "id"], "x", "INVALID_ARGUMENT"),
      (
        "writers", "acme", ["display_name"], String(repeating: "n", count: 257),
        "INVALID_ARGUMENT"
      ),
      ("wri ters", "acme", ["display_name"], "x", "INVALID_ARGUMENT"),
      ("nobody", "acme", ["display_name"], "x", "NOT_FOUND"),
      ("writers", "nowhere", ["display_name"], "x", "NOT_FOUND"),
    ]
    for (team, organization, mask, name, status) in refusals {
      let refusal = failure { () throws(ClientError) in
        try client.updateTeam(team, of: organization, mask, named: name)
      }
      #expect(refusal?.statusName == status, "\(team) \(organization) \(mask)")
    }
    #expect(try client.revision() == revision)
  }

  private struct Shown: Equatable {
    var name: String
    let members: [String]
    let createdAtSeconds: Int64
    let createdAtNanoseconds: Int32
  }

  private static func show(_ client: PosternClient) throws -> Shown {
    let reply = try client.getTeam {
      $0.setOrganizationID("acme")
      $0.setTeamID("ops")
    }
    guard let team = reply.message.team else { throw FixtureError("no team in the answer") }
    return Shown(
      name: String(team.displayName), members: try client.members(of: "ops"),
      createdAtSeconds: team.createdAt?.seconds ?? 0,
      createdAtNanoseconds: team.createdAt?.nanos ?? 0)
  }
}

extension PosternClient {
  @discardableResult
  func updateTeam(
    _ team: String, of organization: String, _ mask: [String] = ["display_name"],
    named name: String
  ) throws(ClientError) -> UInt64 {
    let reply = try updateTeam { request in
      request.setOrganizationID(organization)
      request.setTeamID(team)
      if !mask.isEmpty { request.makeUpdateMask().add(mask) }
      request.setDisplayName(name)
    }
    return reply.message.revision
  }
}
