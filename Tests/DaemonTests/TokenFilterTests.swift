internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// The filters of `ListTokens`, and its pages with writes in between.
@Suite struct TokenFilterTests {
  @Test func filtersByStateAndExpiry() throws {
    let world = try World()
    let client = try world.daemon.client()
    let soon = try client.issueToken(for: "bob", of: "acme", seconds: 3600)
    let later = try client.issueToken(for: "bob", of: "acme", seconds: 7200)
    let expired = try client.issueToken(for: "bob", of: "acme", seconds: 0, nanoseconds: 1)
    let revoked = try client.issueToken(for: "bob", of: "acme", seconds: 60)
    try client.revoke(id: revoked.id)
    let own = [soon.id, later.id, expired.id, revoked.id]
    let hour = try #require(try client.orgToken(soon.id)).expiresAt
    func list(
      _ state: PosternV1.TokenState, before: Int64 = 0, size: Int32 = 2
    ) throws -> [String] {
      try Self.list(client, user: "bob", state, before: before, size: size).filter(own.contains)
    }
    #expect(try list(.unspecified) == own)
    #expect(try list(.active) == [soon.id, later.id])
    #expect(try list(.expired) == [expired.id])
    #expect(try list(.revoked) == [revoked.id])
    #expect(try list(.disabled).isEmpty)
    #expect(try list(.unspecified, before: hour) == [expired.id, revoked.id])
    #expect(try list(.unspecified, before: hour + 1) == [soon.id, expired.id, revoked.id])
    #expect(try list(.active, before: hour + 1, size: 1) == [soon.id])
    #expect(try list(.active, before: 1).isEmpty)

    // A token without an expiry never expires before anything.
    let eternal = try client.issueOrgToken(named: "ci", of: "acme", [.api])
    try client.updateOrgToken(eternal.id, ["disabled"]) { $0.setDisabled(true) }
    #expect(try Self.list(client, user: "", .disabled) == [eternal.id])
    #expect(try Self.list(client, user: "", .disabled, before: .max).isEmpty)
  }

  @Test func refusesMalformedFilters() throws {
    let world = try World()
    let client = try world.daemon.client()
    for number: Int32 in [-1, 5, 255, 256, 257, .min, .max] {
      let refusal = failure { () throws(ClientError) in
        try client.listTokens {
          $0.setOrganizationID("acme")
          $0.setState(PosternV1.TokenState(rawValue: number))
        }
      }
      #expect(refusal?.field == "state", "\(number)")
    }
    let refusal = failure { () throws(ClientError) in
      try client.listTokens {
        $0.setOrganizationID("acme")
        $0.makeExpiringBefore().setNanos(-5)
      }
    }
    #expect(refusal?.field == "expiring_before")
  }

  /// A token that is there all the time is listed exactly once, whatever changes between two pages.
  @Test func pagesStayStableWhileWritesGoOn() throws {
    let world = try World()
    let client = try world.daemon.client()
    for index in 0..<4 { try client.invite("u\(index)", to: "acme") }
    var lasting: [String] = []
    var doomed: [String] = []
    for index in 0..<24 {
      let issued = try client.issueToken(for: "u\(index % 4)", of: "acme")
      if index % 3 == 0 { doomed.append(issued.id) } else { lasting.append(issued.id) }
    }
    var seen: [String] = []
    var page = ""
    var round = 0
    repeat {
      let reply = try client.listTokens {
        $0.setOrganizationID("acme")
        $0.setKind(.user)
        $0.setState(.active)
        $0.setPageSize(3)
        $0.setPageToken(page)
      }
      for index in 0..<reply.message.tokensCount {
        seen.append(String(reply.message.tokens(at: index).id))
      }
      page = String(reply.message.nextPageToken)
      if let id = doomed.popLast() { try client.revoke(id: id) }
      _ = try client.issueToken(for: "u\(round % 4)", of: "acme")
      round += 1
    } while !page.isEmpty && round < 100
    #expect(Set(seen).count == seen.count, "none twice")
    #expect(Set(lasting).isSubset(of: Set(seen)), "none left out")
  }

  private static func list(
    _ client: PosternClient, user: String, _ state: PosternV1.TokenState, before: Int64 = 0,
    size: Int32 = 100
  ) throws -> [String] {
    var ids: [String] = []
    var page = ""
    repeat {
      let reply = try client.listTokens {
        $0.setOrganizationID("acme")
        $0.setUserID(user)
        $0.setState(state)
        if before != 0 { $0.makeExpiringBefore().set(before) }
        $0.setPageSize(size)
        $0.setPageToken(page)
      }
      for index in 0..<reply.message.tokensCount {
        ids.append(String(reply.message.tokens(at: index).id))
      }
      page = String(reply.message.nextPageToken)
    } while !page.isEmpty && ids.count < 1000
    return ids
  }
}
