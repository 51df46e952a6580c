internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// The life of a token, from issue to the last answer about it.
@Suite struct TokenTests {
  @Test func showsAllOfAUserToken() throws {
    let world = try World()
    let client = try world.daemon.client()
    let issued = try client.issueToken {
      $0.setOrganizationID("acme")
      $0.setUserID("bob")
      $0.setDescription("for the night job")
      $0.makeLifetime().set(3600, 0)
    }
    let message = issued.message
    let secret = String(message.secret)
    #expect(secret.hasPrefix("pst_u_"))
    let token = try shown(message)
    #expect(message.revision == (try client.revision()))
    #expect(token.kind == .user)
    #expect(token.organization == "acme")
    #expect(token.user == "bob")
    #expect(token.name.isEmpty && token.scopes.isEmpty)
    #expect(token.description == "for the night job")
    #expect(token.state == .active)
    #expect(token.expiresAt == token.issuedAt + 3_600_000_000_000)
    #expect(token.revokedAt == 0)
    #expect(secret.dropFirst(6).hasPrefix(token.id))

    let validation = try Validation(of: secret, client)
    #expect(validation.isActive)
    #expect(validation.user == "bob" && validation.organization == "acme")
    #expect(validation.id == token.id && validation.kind == .user)
    #expect(validation.scopes.isEmpty && validation.name.isEmpty)
    #expect(validation.expiresAt == token.expiresAt)
    #expect(validation.revision >= message.revision)
    #expect(try show(client, token.id) == token)
  }

  @Test func showsAllOfAnOrgToken() throws {
    let world = try World()
    let client = try world.daemon.client()
    let issued = try client.issueOrgToken(named: "collector", of: "acme", [.rum, .ingest, .rum])
    #expect(issued.secret.hasPrefix("pst_o_"))
    let token = try show(client, issued.id)
    #expect(token.kind == .org)
    #expect(token.name == "collector")
    #expect(token.user.isEmpty)
    #expect(token.scopes == [.ingest, .rum])
    #expect(token.expiresAt == 0)
    let validation = try Validation(of: issued.secret, client)
    #expect(validation.isActive && validation.kind == .org)
    #expect(validation.name == "collector" && validation.user.isEmpty)
    #expect(validation.scopes == [.ingest, .rum])
    #expect(validation.expiresAt == 0)
  }

  /// RFC 7662: an inactive token answers nothing but that, so that the kinds of inactive look
  /// alike.
  @Test(arguments: PermissionMatrixTests.Subject.allCases.filter(\.isDead))
  func saysNothingOfAnInactiveToken(_ subject: PermissionMatrixTests.Subject) throws {
    let world = try World()
    let client = try world.daemon.client()
    let validation = try Validation(of: world.secret(of: subject), client)
    #expect(validation == Validation(inactiveAt: try client.revision()))
  }

  @Test func revokesOnceAndForEver() throws {
    let world = try World()
    let client = try world.daemon.client()
    let first = try client.issueToken(for: "bob", of: "acme")
    let second = try client.issueToken(for: "bob", of: "acme")
    let bob = try world.daemon.client(bearer: first.secret)
    #expect(try bob.isActive(first.secret))
    // The secret suffices, also through another user's connection.
    try world.daemon.client(bearer: world.secret(of: .writer)).revoke(secret: second.secret)
    #expect(try !client.isActive(second.secret))
    let shown = try show(client, second.id)
    #expect(shown.state == .revoked && shown.revokedAt >= shown.issuedAt)

    let revision = try client.revision()
    try client.revoke(secret: second.secret)
    try client.revoke(id: second.id)
    try client.revoke(secret: "garbage")
    try client.revoke(secret: world.secret(of: .typo))
    try client.revoke(id: "0000000000000000000000")
    #expect(try client.revision() == revision, "revoking nothing changes nothing")
    #expect(try show(client, second.id).revokedAt == shown.revokedAt)

    // A user revokes its own token by the id. The revoked token is no bearer any more.
    try bob.revoke(id: first.id)
    #expect(try !client.isActive(first.secret))
    #expect(
      failure { () throws(ClientError) in try bob.revoke(id: first.id) }?.statusName
        == "UNAUTHENTICATED")
  }

  /// Once a revoke is acknowledged, no other connection and no other thread says otherwise.
  @Test func revokesForAllAtOnce() throws {
    let world = try World()
    let writer = try world.daemon.client()
    // Connections go to the workers in turn.
    let readers = try (0..<4).map { _ in try world.daemon.client() }
    for round in 0..<200 {
      let issued = try writer.issueToken(for: "bob", of: "acme")
      for reader in readers { #expect(try reader.isActive(issued.secret), "round \(round)") }
      try writer.revoke(secret: issued.secret)
      for reader in readers {
        #expect(try !reader.isActive(issued.secret), "round \(round)")
        let answer = try reader.check(token: issued.secret, "dashboard.create")
        #expect(answer.reason == .tokenInactive, "round \(round)")
      }
    }
  }

  @Test func revokesByIDForSelfAndAdministratorOnly() throws {
    let world = try World()
    let client = try world.daemon.client()
    let user = try client.issueToken(for: "bob", of: "acme")
    let org = try client.issueOrgToken(named: "x", of: "acme", [.api])
    for subject: PermissionMatrixTests.Subject in [.writer, .apiToken] {
      let other = try world.daemon.client(bearer: world.secret(of: subject))
      for id in [user.id, org.id] {
        #expect(
          failure { () throws(ClientError) in try other.revoke(id: id) }?.statusName
            == "PERMISSION_DENIED")
      }
    }
    // To another organization's administrator they are unknown, and that succeeds without effect.
    let stranger = try world.daemon.client(bearer: world.secret(of: .stranger))
    for id in [user.id, org.id] { try stranger.revoke(id: id) }
    let bob = try world.daemon.client(bearer: world.secret(of: .user))
    #expect(
      failure { () throws(ClientError) in try bob.revoke(id: org.id) }?.statusName
        == "PERMISSION_DENIED")
    #expect(try client.isActive(user.secret) && client.isActive(org.secret))
    let alice = try world.daemon.client(bearer: world.secret(of: .administrator))
    try alice.revoke(id: user.id)
    try alice.revoke(id: org.id)
    #expect(try !client.isActive(user.secret) && !client.isActive(org.secret))
  }

  /// A caller that may not revoke must not learn whether a token with an id exists.
  @Test func hidesWhichIDsExist() throws {
    let world = try World()
    let client = try world.daemon.client()
    let ids = [
      try client.issueToken(for: "bob", of: "acme").id,
      try client.issueOrgToken(named: "x", of: "acme", [.api]).id,
      try client.issueToken(for: "mallory", of: "other").id, "0000000000000000000000",
    ]
    for subject: PermissionMatrixTests.Subject in [.writer, .apiToken] {
      let other = try world.daemon.client(bearer: world.secret(of: subject))
      let revokes = ids.map { id in
        failure { () throws(ClientError) in try other.revoke(id: id) }
      }
      #expect(Set(revokes.map { "\($0.debugDescription)" }).count == 1, "\(revokes)")
      let reads = ids.map { id in
        failure { () throws(ClientError) in try other.getToken { $0.setTokenID(id) } }
      }
      #expect(reads.allSatisfy { $0?.statusName == "NOT_FOUND" })
    }
  }

  @Test func limitsLifetimes() throws {
    let world = try World()
    let client = try world.daemon.client()
    let day: Int64 = 24 * 3600
    let longest = try client.issueToken(for: "bob", of: "acme", seconds: 30 * day)
    let usual = try client.issueToken(for: "bob", of: "acme")
    for token in [longest, usual] {
      let shown = try show(client, token.id)
      #expect(shown.expiresAt - shown.issuedAt == 30 * day * 1_000_000_000)
    }
    let hostile: [(Int64, Int32)] = [
      (30 * day, 1), (0, 0), (-1, 0), (0, -1), (.max, .max), (.min, .min), (.min, .max),
      (.max, .min), (1, -1_000_000_000), (31 * day, 0),
    ]
    for (seconds, nanoseconds) in hostile {
      let refusal = failure { () throws(ClientError) in
        try client.issueToken(
          for: "bob", of: "acme", seconds: seconds, nanoseconds: nanoseconds)
      }
      #expect(refusal?.statusName == "INVALID_ARGUMENT", "\(seconds) \(nanoseconds)")
      #expect(refusal?.field == "lifetime")
    }
    // An org token may live as long as asked; a time that is too long is shortened.
    let eternal = try client.issueOrgToken(
      named: "eternal", of: "acme", [.api], seconds: .max, nanoseconds: .max)
    #expect(try client.isActive(eternal.secret))
    let brief = try client.issueOrgToken(
      named: "brief", of: "acme", [.api], seconds: 0, nanoseconds: 1)
    #expect(try !client.isActive(brief.secret))
    #expect(try show(client, brief.id).state == .expired)
    #expect(
      failure { () throws(ClientError) in
        try client.issueOrgToken(named: "never", of: "acme", [.api], seconds: 0)
      }?.field == "lifetime")
  }

  @Test func namesOrgTokensUniquely() throws {
    let world = try World()
    let client = try world.daemon.client()
    let first = try client.issueOrgToken(named: "ci", of: "acme", [.api])
    let taken = failure { () throws(ClientError) in
      try client.issueOrgToken(named: "ci", of: "acme", [.rum])
    }
    #expect(taken?.statusName == "ALREADY_EXISTS")
    _ = try client.issueOrgToken(named: "ci", of: "other", [.api])
    _ = try client.issueOrgToken(named: "CI", of: "acme", [.api])
    try client.revoke(id: first.id)
    let second = try client.issueOrgToken(named: "ci", of: "acme", [.rum])
    #expect(try client.isActive(second.secret) && !client.isActive(first.secret))
  }

  @Test func refusesMalformedIssues() throws {
    let world = try World()
    let client = try world.daemon.client()
    let requests: [(String, String, (PosternV1.IssueTokenRequest.Builder) -> Void)] = [
      ("INVALID_ARGUMENT", "organization_id", { $0.setUserID("bob") }),
      ("INVALID_ARGUMENT", "user_id", { $0.setOrganizationID("acme") }),
      (
        "INVALID_ARGUMENT", "user_id",
        {
          $0.setOrganizationID("acme")
          $0.setUserID("bob")
          $0.setName("both")
        }
      ),
      (
        "INVALID_ARGUMENT", "user_id",
        {
          $0.setOrganizationID("acme")
          $0.setUserID("bo b")
        }
      ),
      (
        "INVALID_ARGUMENT", "scopes",
        {
          $0.setOrganizationID("acme")
          $0.setName("none")
        }
      ),
      (
        "INVALID_ARGUMENT", "scopes",
        {
          $0.setOrganizationID("acme")
          $0.setName("unknown")
          $0.addScopes(PosternV1.TokenScope(rawValue: 77))
        }
      ),
      (
        "INVALID_ARGUMENT", "scopes",
        {
          $0.setOrganizationID("acme")
          $0.setUserID("bob")
          $0.addScopes(.api)
        }
      ),
      (
        "INVALID_ARGUMENT", "description",
        {
          $0.setOrganizationID("acme")
          $0.setUserID("bob")
          $0.setDescription(String(repeating: "a", count: 1025))
        }
      ),
      (
        "INVALID_ARGUMENT", "name",
        {
          $0.setOrganizationID("acme")
          $0.setName(String(repeating: "a", count: 129))
          $0.addScopes(.api)
        }
      ),
    ]
    let revision = try client.revision()
    for (name, field, fill) in requests {
      let refusal = failure { () throws(ClientError) in try client.issueToken(fill) }
      #expect(refusal?.statusName == name)
      #expect(refusal?.field == field)
    }
    let absent: [(String, String)] = [("acme", "nobody"), ("nowhere", "alice")]
    for (organization, user) in absent {
      let refusal = failure { () throws(ClientError) in
        try client.issueToken(for: user, of: organization)
      }
      #expect(refusal?.statusName == "NOT_FOUND")
    }
    #expect(try client.revision() == revision)
  }

  @Test func listsByPages() throws {
    let world = try World()
    let client = try world.daemon.client()
    try client.invite("bob-2", to: "acme")
    var ofBob = Set(try list(client, user: "bob", pageSize: 100).map(\.id))
    for _ in 0..<7 {
      ofBob.insert(try client.issueToken(for: "bob", of: "acme").id)
      _ = try client.issueToken(for: "bob-2", of: "acme")
    }
    for size: Int32 in [1, 2, 3, 8, 9, 100, 0] {
      let tokens = try list(client, user: "bob", pageSize: size)
      #expect(tokens.map(\.id) == ofBob.sorted(), "in order of issue, each once")
      #expect(tokens.allSatisfy { $0.user == "bob" })
    }
    let everything = try list(client, pageSize: 4)
    #expect(Set(everything.map(\.id)).count == everything.count)
    #expect(everything.map(\.id) == (try list(client, pageSize: 1000)).map(\.id))
    #expect(everything.prefix(3).allSatisfy { $0.kind == .org && $0.user.isEmpty })
    #expect(try list(client, kind: .org, pageSize: 2).map(\.name) == ["ingest", "api", "rum"])
    #expect(try list(client, kind: .user, pageSize: 2).allSatisfy { $0.kind == .user })
    #expect(everything.filter { $0.state == .expired }.count == 1)
    #expect(everything.filter { $0.state == .revoked }.count == 1)
    let negative = failure { () throws(ClientError) in
      try client.listTokens {
        $0.setOrganizationID("acme")
        $0.setPageSize(-1)
      }
    }
    #expect(negative?.field == "page_size")
  }

  @Test func neverShowsASecretAgain() throws {
    let world = try World(["--log-level", "debug"])
    let client = try world.daemon.client()
    let issued = try client.issueToken(for: "bob", of: "acme")
    let own = try world.daemon.client(bearer: issued.secret)
    _ = failure { () throws(ClientError) in try own.invite("x", to: "acme") }
    let refusal = failure { () throws(ClientError) in
      try client.check(token: issued.secret, issued.secret)
    }
    let random = issued.secret.dropFirst(6 + 22).prefix(27)
    #expect(refusal?.statusName == "INVALID_ARGUMENT")
    #expect(!refusal.debugDescription.contains(random), "an error repeats a secret")
    _ = try world.daemon.stop()
    #expect(!world.daemon.process.wholeOutput().contains(random))
  }

  private func list(
    _ client: PosternClient, user: String = "", kind: PosternV1.TokenKind = .unspecified,
    pageSize: Int32
  ) throws -> [Shown] {
    var tokens: [Shown] = []
    var page = ""
    repeat {
      let reply = try client.listTokens {
        $0.setOrganizationID("acme")
        $0.setUserID(user)
        $0.setKind(kind)
        $0.setPageSize(pageSize)
        $0.setPageToken(page)
      }
      for index in 0..<reply.message.tokensCount {
        tokens.append(Shown(reply.message.tokens(at: index)))
      }
      page = String(reply.message.nextPageToken)
    } while !page.isEmpty && tokens.count < 1000
    return tokens
  }

  private func shown(_ response: PosternV1.IssueTokenResponse) throws -> Shown {
    guard let token = response.token else { throw FixtureError("no token in the answer") }
    return Shown(token)
  }

  private func show(_ client: PosternClient, _ id: String) throws -> Shown {
    let reply = try client.getToken { $0.setTokenID(id) }
    guard let token = reply.message.token else { throw FixtureError("no token in the answer") }
    return Shown(token)
  }
}

/// A token as an answer shows it.
private struct Shown: Equatable {
  let id: String
  let kind: PosternV1.TokenKind
  let organization: String
  let user: String
  let name: String
  let scopes: [PosternV1.TokenScope]
  let description: String
  let state: PosternV1.TokenState
  let issuedAt: Int64
  let expiresAt: Int64
  let revokedAt: Int64

  init(_ token: PosternV1.Token) {
    id = String(token.id)
    kind = token.kind
    organization = String(token.organizationID)
    user = String(token.userID)
    name = String(token.name)
    var scopes: [PosternV1.TokenScope] = []
    for index in 0..<token.scopesCount { scopes.append(token.scopes(at: index)) }
    self.scopes = scopes
    description = String(token.description)
    state = token.state
    issuedAt = nanoseconds(token.issuedAt)
    expiresAt = nanoseconds(token.expiresAt)
    revokedAt = nanoseconds(token.revokedAt)
  }
}

/// A time in nanoseconds since 1970; zero for none.
private func nanoseconds(_ time: GoogleProtobuf.Timestamp?) -> Int64 {
  guard let time else { return 0 }
  return time.seconds * 1_000_000_000 + Int64(time.nanos)
}

/// What a validation answered.
private struct Validation: Equatable {
  var isActive = false
  var id = ""
  var kind = PosternV1.TokenKind.unspecified
  var organization = ""
  var user = ""
  var name = ""
  var scopes: [PosternV1.TokenScope] = []
  var expiresAt: Int64 = 0
  let revision: UInt64

  init(inactiveAt revision: UInt64) { self.revision = revision }

  init(of secret: String, _ client: PosternClient) throws {
    let reply = try client.validateToken { $0.setSecret(secret) }
    let answer = reply.message
    isActive = answer.active
    id = String(answer.tokenID)
    kind = answer.kind
    organization = String(answer.organizationID)
    user = String(answer.userID)
    name = String(answer.name)
    for index in 0..<answer.scopesCount { scopes.append(answer.scopes(at: index)) }
    expiresAt = nanoseconds(answer.expiresAt)
    revision = answer.revision
  }
}
