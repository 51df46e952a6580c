internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Lists end a page early when their time is over, and leave nothing out.
@Suite struct EarlyPageTests {
  /// So little time that every walk ends at its first look at the clock.
  private static let hasty = ["--turn-time", "1"]

  private struct Walk: Equatable {
    var items: [String] = []
    var pageCount = 0
  }

  /// Reads every page, until there is no further one.
  private func walk(
    _ page: (String) throws(ClientError) -> (items: [String], next: String)
  ) throws -> Walk {
    var walk = Walk()
    var token = ""
    repeat {
      let (items, next) = try page(token)
      walk.items += items
      walk.pageCount += 1
      token = next
    } while !token.isEmpty && walk.pageCount < 1000
    #expect(token.isEmpty, "the pages do not end")
    return walk
  }

  private func users(_ client: PosternClient) throws -> Walk {
    try walk { (token) throws(ClientError) in
      let reply = try client.listUsers {
        $0.setOrganizationID("acme")
        $0.setPageSize(1000)
        $0.setPageToken(token)
      }
      let ids = (0..<reply.message.usersCount).map { String(reply.message.users(at: $0).id) }
      return (ids, String(reply.message.nextPageToken))
    }
  }

  private func tokens(_ client: PosternClient, _ state: PosternV1.TokenState) throws -> Walk {
    try walk { (token) throws(ClientError) in
      let reply = try client.listTokens {
        $0.setOrganizationID("acme")
        $0.setUserID("alice")
        $0.setState(state)
        $0.setPageSize(1000)
        $0.setPageToken(token)
      }
      let ids = (0..<reply.message.tokensCount).map { String(reply.message.tokens(at: $0).id) }
      return (ids, String(reply.message.nextPageToken))
    }
  }

  @Test(arguments: [[], hasty]) func walksToTheEndWhateverTheTime(_ flags: [String]) throws {
    let daemon = try Daemon(flags)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    _ = try client.inviteUsers {
      $0.setOrganizationID("acme")
      for index in 0..<300 { $0.addUsers().setUserID("user-\(1000 + index)") }
    }
    var issued: [String] = []
    for _ in 0..<200 { issued.append(try client.issueToken(for: "alice", of: "acme").id) }
    let users = try users(client)
    #expect(users.items == ["alice"] + (0..<300).map { "user-\(1000 + $0)" })
    let active = try tokens(client, .active)
    #expect(active.items == issued)
    // Nothing passes the filter: the pages are empty until the end.
    let disabled = try tokens(client, .disabled)
    #expect(disabled.items.isEmpty)
    if flags == Self.hasty {
      #expect(users.pageCount >= 4 && active.pageCount >= 3 && disabled.pageCount >= 3)
    }
  }

  @Test func verifiesTheLogPieceByPiece() throws {
    let daemon = try Daemon(Self.hasty)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    for index in 0..<200 { try client.invite("user-\(index)", to: "acme") }
    var (from, hash): (UInt64, [UInt8]) = (1, [])
    var pieces = 0
    while true {
      let answer = try client.verify(from: from, expected: hash)
      #expect(answer.isIntact && answer.verified >= from, "no piece is empty")
      pieces += 1
      guard answer.isIntact, answer.verified < answer.revision, pieces < 500 else { break }
      (from, hash) = (answer.verified + 1, answer.hash)
    }
    #expect(pieces > 2 && pieces < 500)
  }

  /// Streams that search for nothing yield to each other and to calls, and all come to their ends.
  @Test func streamsOfOneConnectionTakeTurns() throws {
    let daemon = try Daemon(Self.hasty + ["--workers", "1"])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    for index in 0..<200 { try client.invite("user-\(index)", to: "acme") }
    let peer = try GRPCPeer(daemon)
    let list = WireCall(
      service: "postern.v1.AuditService", method: "ListEvents",
      payload: Encoding.field(1, "acme") + Encoding.field(2, "nobody"))
    for index in 0..<50 { try peer.send(list, stream: UInt32(2 * index + 1)) }
    try wait(for: "the other connection") { try client.connectionCount() >= 2 }
    for index in 0..<50 { #expect(try peer.receive(UInt32(2 * index + 1)).code == 0) }
  }
}
