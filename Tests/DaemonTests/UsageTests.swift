internal import Glibc
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// How the uses of tokens are counted, and which callers may read the counts. A daemon that ends
/// writes what it has counted, so each test looks at the next one on the same data.
@Suite struct UsageTests {
  private static let validate = "postern.v1.TokenService/ValidateToken"
  private static let check = "postern.v1.PermissionService/Check"

  private static func again(_ daemon: Daemon) throws -> Daemon {
    #expect(try daemon.stop() == .exited(0))
    return try Daemon(folder: daemon.folder)
  }

  /// The calls, and those denied, by token and method.
  private static func table(_ rows: [UsageView]) -> [String: [UInt64]] {
    var table: [String: [UInt64]] = [:]
    for row in rows {
      let key = "\(row.owner) \(row.method.split(separator: "/").last ?? "")"
      let sums = table[key] ?? [0, 0, 0]
      table[key] = [sums[0] + row.calls, sums[1] + row.denied, sums[2] + row.previous]
    }
    return table
  }

  @Test func countsByTokenMethodAndOutcome() throws {
    let world = try World()
    let client = try world.daemon.client()
    let bob = try world.daemon.client(bearer: world.secret(of: .user))
    for _ in 0..<3 { _ = try client.isActive(world.secret(of: .user)) }
    for subject in [PermissionMatrixTests.Subject.expired, .revoked, .garbage, .typo, .empty] {
      #expect(try !client.isActive(world.secret(of: subject)))
      _ = try client.check(token: world.secret(of: subject), "integration.create")
    }
    _ = try client.check(token: world.secret(of: .administrator), "integration.create")
    _ = try client.check(token: world.secret(of: .user), "integration.create")
    // A question about a user counts as a use of the bearer's token, whatever is decided.
    _ = try bob.check(user: ("acme", "bob"), "integration.create")
    // As bearer: a query, a command, and one of each that is refused.
    _ = try bob.listTokens {
      $0.setOrganizationID("acme")
      $0.setUserID("bob")
    }
    try bob.putResource("dashboard", "new", of: "acme")
    _ = failure { () throws(ClientError) in
      try bob.listTokens { $0.setOrganizationID("acme") }
    }
    _ = failure { () throws(ClientError) in try bob.createTeam("new", of: "acme") }
    // A bearer that is refused was not used.
    for subject in [PermissionMatrixTests.Subject.expired, .revoked] {
      let refused = try world.daemon.client(bearer: world.secret(of: subject))
      let refusals = [
        failure { () throws(ClientError) in
          try refused.listTokens { $0.setOrganizationID("acme") }
        },
        failure { () throws(ClientError) in try refused.createTeam("new", of: "acme") },
      ]
      #expect(refusals.allSatisfy { $0?.statusName == "UNAUTHENTICATED" })
    }
    // With a token in the request too, both count: the one that is asked about, and the bearer's.
    try bob.revoke(secret: world.secret(of: .rumToken))

    let peer = try AuthorizationPeer(world.daemon)
    for (path, subject) in [
      ("/v2/integration", PermissionMatrixTests.Subject.administrator), ("/v2/integration", .user),
      ("/v2/integration", .revoked),
    ] {
      let header = ("authorization", "Bearer \(world.secret(of: subject))")
      let question = AuthorizationQuestion(method: "POST", path: path, headers: [header])
      #expect(try peer.call(question.payload).code == 0)
    }

    let next = try Self.again(world.daemon)
    let rows = try next.client().usage()
    #expect(
      Self.table(rows) == [
        "bob ValidateToken": [3, 0, 0], "alice Check": [2, 0, 0], "bob Check": [3, 2, 0],
        "bob ListTokens": [2, 1, 0], "bob PutResource": [1, 0, 0], "bob CreateTeam": [1, 1, 0],
        "bob RevokeToken": [1, 0, 0],
      ])
    #expect(rows.filter { $0.method.hasPrefix("envoy") }.count == 2)
    let now = Int64(time(nil))
    for row in rows {
      #expect(row.uid == geteuid())
      #expect(row.day % 86_400 == 0 && row.day <= row.lastUsed && row.lastUsed < row.day + 86_400)
      #expect((now - 100...now).contains(row.lastUsed))
    }
  }

  @Test func tellsWhichProcessesHaveTheOldSecret() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let old = try client.issueOrgToken(named: "ci", of: "acme", [.ingest])
    _ = try client.isActive(old.secret)
    let new = try client.rotate(old.id, graceSeconds: 3600).secret
    for _ in 0..<2 { _ = try client.isActive(old.secret) }
    for _ in 0..<4 { _ = try client.isActive(new) }

    let next = try Self.again(daemon)
    let reader = try next.client()
    #expect(Self.table(try reader.usage()) == ["ci ValidateToken": [7, 0, 2]])
    let use = try #require(try reader.use(of: old.id))
    #expect(use.count == 7)
    #expect(use.previousCount == 2)
    #expect(use.previousLastUsed > 0 && use.previousLastUsed < use.lastUsed)
    #expect(abs(use.lastUsed / 1_000_000_000 - Int64(time(nil))) < 100)
    // Another rotation, and the count begins anew.
    _ = try reader.rotate(old.id, graceSeconds: 3600)
    let after = try reader.use(of: old.id)
    #expect(after?.previousCount == 0)
    #expect(after?.previousLastUsed == 0)
    #expect(after?.count == 7)
  }

  @Test func filtersAndPages() throws {
    let world = try World()
    let client = try world.daemon.client()
    for subject in [PermissionMatrixTests.Subject.administrator, .user, .writer, .ingestToken] {
      _ = try client.isActive(world.secret(of: subject))
      _ = try client.check(token: world.secret(of: subject), "datapoint.ingest")
    }
    _ = try client.isActive(world.secret(of: .stranger))

    let next = try Self.again(world.daemon)
    let reader = try next.client()
    let all = try reader.usage()
    #expect(all.map(\.owner) == ["ingest", "alice", "bob", "carol"].flatMap { [$0, $0] })
    for size: Int32 in [1, 2, 3, 7, 8] {
      #expect(try reader.usage(size: size) == all, "pages of \(size)")
    }
    let bob = all.filter { $0.owner == "bob" }
    #expect(try reader.usage(size: 1) { $0.setUserID("bob") } == bob)
    let token = try #require(bob.first).token
    #expect(try reader.usage(size: 1) { $0.setTokenID(token) } == bob)
    #expect(
      try reader.usage {
        $0.setTokenID(token); $0.setUserID("alice")
      }.isEmpty)
    for method in [Self.check, "Check"] {
      #expect(
        try reader.usage { $0.setMethod(method) } == all.filter { $0.method == Self.check })
    }
    #expect(try reader.usage { $0.setMethod("heck") }.isEmpty)
    let day = try #require(all.first).day
    #expect(try reader.usage { $0.makeStartTime().setSeconds(day + 5) } == all)
    #expect(try reader.usage { $0.makeStartTime().setSeconds(day + 86_400) }.isEmpty)
    #expect(try reader.usage { $0.makeEndTime().setSeconds(day + 1) } == all)
    #expect(try reader.usage { $0.makeEndTime().setSeconds(day) }.isEmpty)
    // Days are numbered by 16 bits, which end in June 2149.
    for seconds: Int64 in [5_662_310_399, 5_662_310_400, 7_258_118_400, .max] {
      #expect(try reader.usage { $0.makeEndTime().setSeconds(seconds) } == all, "\(seconds)")
    }
  }

  @Test func isForAdministratorsAndOneself() throws {
    let world = try World()
    func status(
      _ subject: PermissionMatrixTests.Subject, user: String = "", organization: String = "acme"
    ) throws -> String? {
      let client = try world.daemon.client(bearer: world.secret(of: subject))
      return failure { () throws(ClientError) in
        _ = try client.getUsage {
          $0.setOrganizationID(organization)
          $0.setUserID(user)
        }
      }?.statusName
    }
    #expect(try status(.administrator) == nil)
    #expect(try status(.administrator, user: "bob") == nil)
    #expect(try status(.user, user: "bob") == nil)
    #expect(try status(.user) == "PERMISSION_DENIED")
    #expect(try status(.user, user: "alice") == "PERMISSION_DENIED")
    #expect(try status(.administrator, organization: "other") == "PERMISSION_DENIED")
    #expect(try status(.stranger, user: "mallory") == "PERMISSION_DENIED")
    #expect(try status(.apiToken) == "PERMISSION_DENIED")
    #expect(try status(.revoked) == "UNAUTHENTICATED")
    let client = try world.daemon.client()
    for (name, field) in [("", "organization_id"), ("a b", "organization_id")] {
      let refusal = failure { () throws(ClientError) in
        _ = try client.getUsage { $0.setOrganizationID(name) }
      }
      #expect(refusal?.field == field)
    }
    let missing = failure { () throws(ClientError) in
      _ = try client.getUsage { $0.setOrganizationID("nobody") }
    }
    #expect(missing?.statusName == "NOT_FOUND")
  }

  @Test func listsUnusedTokens() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let used = try client.issueToken(for: "alice", of: "acme")
    let unused = try client.issueToken(for: "alice", of: "acme")
    _ = try client.isActive(used.secret)
    let next = try Self.again(daemon)
    let reader = try next.client()
    func list(_ since: Int64) throws -> [String] {
      let reply = try reader.listTokens {
        $0.setOrganizationID("acme")
        $0.makeUnusedSince().set(since)
      }
      var ids: [String] = []
      for index in 0..<reply.message.tokensCount {
        ids.append(String(reply.message.tokens(at: index).id))
      }
      return ids
    }
    let now = Int64(time(nil)) * 1_000_000_000
    let hour: Int64 = 3_600_000_000_000
    #expect(try list(now + hour) == [used.id, unused.id])
    // Neither was issued before that.
    #expect(try list(now - hour).isEmpty)
    let last = try #require(try reader.use(of: used.id)).lastUsed
    #expect(try list(last) == [unused.id])
    #expect(try list(last + 1) == [used.id, unused.id])
  }

  @Test func countsNothingWhenSwitchedOff() throws {
    let daemon = try Daemon(["--max-usage-keys", "0"])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let issued = try client.issueToken(for: "alice", of: "acme")
    _ = try client.isActive(issued.secret)
    let next = try Self.again(daemon)
    #expect(try next.client().usage().isEmpty)
    #expect(try next.client().use(of: issued.id)?.lastUsed == 0)
  }

  /// With fewer keys than tokens, those that are left out are at least counted.
  @Test func saysHowMuchItLeftOut() throws {
    let daemon = try Daemon(["--max-usage-keys", "2", "--usage-interval", "1", "--workers", "1"])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let issued = try (0..<5).map { _ in try client.issueToken(for: "alice", of: "acme") }
    var lost: UInt64 = 0
    var rounds = 0
    while lost < 3, rounds < 3000 {
      for token in issued { _ = try client.isActive(token.secret) }
      let reply = try client.getMetrics { $0.setNamePrefix("postern_usage_lost") }
      let text = String(decoding: [UInt8](copying: reply.message.openMetricsText), as: UTF8.self)
      let line = text.split(separator: "\n").first { $0.contains("{reason=\"max-usage-keys\"}") }
      lost = line?.split(separator: " ").last.flatMap { UInt64($0) } ?? 0
      poll(nil, 0, 10)
      rounds += 1
    }
    #expect(lost >= 3)
    #expect(try daemon.stop() == .exited(0))
  }
}
