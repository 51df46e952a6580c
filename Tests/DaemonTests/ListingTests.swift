internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Listings: whatever the size of a page, the pages together are the whole, in order.
@Suite struct ListingTests {
  private let sizes: [Int32] = [1, 2, 3, 1000]

  /// Puts the pages together that `page` gives: the items of one, and what asks for the next.
  private func whole(
    _ page: (String) throws(ClientError) -> (items: [String], next: String)
  ) throws -> [String] {
    var items: [String] = []
    var token = ""
    for _ in 0..<100 {
      let answer = try page(token)
      items += answer.items
      if answer.next.isEmpty { return items }
      token = answer.next
    }
    Issue.record("the pages do not end")
    return items
  }

  private func text(_ bytes: Span<UInt8>) -> String {
    String(decoding: [UInt8](copying: bytes), as: UTF8.self)
  }

  @Test func listsOrganizations() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    for id in ["b", "a.1", "a", "c", "a-1"] {
      try client.createOrganization(id, administrator: "x")
    }
    for size in sizes {
      let found = try whole { (token) throws(ClientError) in
        let reply = try client.listOrganizations {
          $0.setPageSize(size)
          $0.setPageToken(token)
        }
        let message = reply.message
        let ids = (0..<message.organizationsCount).map { text(message.organizations(at: $0).id) }
        return (ids, text(message.nextPageToken))
      }
      #expect(found == ["a", "a-1", "a.1", "b", "c"], "pages of \(size)")
    }
  }

  @Test func listsTeamsOfAllAndOfOne() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    try client.createOrganization("acme2", administrator: "alice")
    try client.createTeam("elsewhere", of: "acme2", members: ["alice"])
    for (team, members) in [("b", ["alice"]), ("a", []), ("d", ["alice"]), ("c", ["alice"])] {
      try client.createTeam(team, of: "acme", members: members)
    }
    for (member, expected) in [("", ["a", "b", "c", "d"]), ("alice", ["b", "c", "d"])] {
      for size in sizes {
        let found = try whole { (token) throws(ClientError) in
          let reply = try client.listTeams {
            $0.setOrganizationID("acme")
            $0.setUserID(member)
            $0.setPageSize(size)
            $0.setPageToken(token)
          }
          let message = reply.message
          let ids = (0..<message.teamsCount).map { text(message.teams(at: $0).id) }
          return (ids, text(message.nextPageToken))
        }
        #expect(found == expected, "pages of \(size), member `\(member)`")
      }
    }
    let reply = try client.getTeam {
      $0.setOrganizationID("acme")
      $0.setTeamID("c")
    }
    let team = reply.message.team
    #expect(team?.memberCount == 1)
  }

  @Test func listsMembersAndWriters() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let users = ["a", "a-1", "b", "t", "u"]
    for user in users { try client.invite(user, to: "acme") }
    try client.createTeam("all", of: "acme", members: users.reversed())
    try client.createTeam("none", of: "acme")
    try client.createTeam("a", of: "acme", members: ["a"])
    try client.putResource("dashboard", "one", of: "acme")
    for user in ["u", "a"] { try client.setWriter(user, "dashboard", "one", of: "acme") }
    for team in ["none", "a", "all"] {
      try client.setWriter(team, isTeam: true, "dashboard", "one", of: "acme")
    }
    let writers = ["user a", "user u", "team a", "team all", "team none"]
    for size in sizes {
      let found = try client.members(of: "all", pageSize: size)
      #expect(found == users, "pages of \(size)")
      #expect(try client.members(of: "none", pageSize: size).isEmpty)
      let those = try client.writers(of: "dashboard", "one", pageSize: size)
      #expect(those == writers, "pages of \(size)")
    }
    let reply = try client.getResource {
      $0.setOrganizationID("acme")
      $0.setResourceType("dashboard")
      $0.setResourceID("one")
    }
    let resource = reply.message.resource
    #expect(resource?.writerCount == 5)
  }

  @Test func listsResourcesOfAllTypesAndOfOne() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let all = [
      "dashboard/a", "dashboard/b", "dashboard_group/a", "detector/a", "detector/b", "detector/c",
    ]
    for name in all.reversed() {
      let parts = name.split(separator: "/").map(String.init)
      try client.putResource(parts[0], parts[1], of: "acme")
    }
    for type in ["", "detector", "dashboard", "dashboard_group"] {
      for size in sizes {
        let found = try whole { (token) throws(ClientError) in
          let reply = try client.listResources {
            $0.setOrganizationID("acme")
            $0.setResourceType(type)
            $0.setPageSize(size)
            $0.setPageToken(token)
          }
          let message = reply.message
          let names = (0..<message.resourcesCount).map { index in
            let resource = message.resources(at: index)
            return text(resource.type) + "/" + text(resource.id)
          }
          return (names, text(message.nextPageToken))
        }
        #expect(found == all.filter { type.isEmpty || $0.hasPrefix(type + "/") }, "\(type) \(size)")
      }
    }
  }

  @Test func deletesAResourceWithItsWriters() throws {
    let world = try World()
    let client = try world.daemon.client()
    let writer = try world.daemon.client(bearer: world.secret(of: .writer))
    func delete(_ client: PosternClient, _ id: String) throws(ClientError) {
      _ = try client.deleteResource {
        $0.setOrganizationID("acme")
        $0.setResourceType("dashboard")
        $0.setResourceID(id)
      }
    }
    let refusal = failure { () throws(ClientError) in try delete(writer, "another") }
    #expect(refusal?.statusName == "PERMISSION_DENIED")
    try delete(writer, "one")
    try delete(client, "one")
    // One of the same name begins without writers.
    try client.putResource("dashboard", "one", of: "acme")
    let after = try client.check(
      token: world.secret(of: .writer), "dashboard.update", id: "one")
    #expect(!after.isAllowed)
  }
}
