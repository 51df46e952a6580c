internal import Glibc
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// The directory's own calls: which callers may make them, and what they change.
@Suite struct DirectoryTests {
  /// One call, and which of the subjects may make it.
  struct Row: CustomTestStringConvertible {
    let name: String
    let allowed: Set<PermissionMatrixTests.Subject>
    let call: @Sendable (PosternClient) throws(ClientError) -> Void

    init(
      _ name: String, _ allowed: Set<PermissionMatrixTests.Subject>,
      _ call: @escaping @Sendable (PosternClient) throws(ClientError) -> Void
    ) {
      self.name = name
      self.allowed = allowed
      self.call = call
    }

    var testDescription: String { name }
  }

  static let rows: [Row] = [
    Row("CreateOrganization", []) { (client) throws(ClientError) in
      try client.createOrganization("new", administrator: "x")
    },
    Row("GetOrganization", [.administrator]) { (client) throws(ClientError) in
      _ = try client.getOrganization { $0.setOrganizationID("acme") }
    },
    Row("InviteUser", [.administrator]) { (client) throws(ClientError) in
      try client.invite("erin", to: "acme")
    },
    Row("GetUser", [.administrator]) { (client) throws(ClientError) in
      _ = try client.getUser {
        $0.setOrganizationID("acme")
        $0.setUserID("bob")
      }
    },
    Row("ListUsers", [.administrator]) { (client) throws(ClientError) in
      _ = try client.listUsers { $0.setOrganizationID("acme") }
    },
    Row("SetAdministrator", [.administrator]) { (client) throws(ClientError) in
      try client.setAdministrator("bob", of: "acme", true)
    },
    Row("DeleteUser", [.administrator]) { (client) throws(ClientError) in
      try client.deleteUser("bob", of: "acme")
    },
    Row("CreateTeam", [.administrator]) { (client) throws(ClientError) in
      try client.createTeam("new", of: "acme")
    },
    Row("UpdateTeam", [.administrator]) { (client) throws(ClientError) in
      try client.updateTeam("writers", of: "acme", named: "new")
    },
    Row("DeleteTeam", [.administrator]) { (client) throws(ClientError) in
      _ = try client.deleteTeam {
        $0.setOrganizationID("acme")
        $0.setTeamID("writers")
      }
    },
    Row("AddTeamMember", [.administrator]) { (client) throws(ClientError) in
      try client.addMember("bob", to: "writers", of: "acme")
    },
    Row("RemoveTeamMember", [.administrator, .teamWriter]) { (client) throws(ClientError) in
      try client.removeMember("dave", from: "writers", of: "acme")
    },
    Row("PutResource new", [.administrator, .user, .writer, .teamWriter]) {
      (client) throws(ClientError) in try client.putResource("dashboard", "new", of: "acme")
    },
    Row("PutResource again", [.administrator, .writer, .teamWriter]) {
      (client) throws(ClientError) in try client.putResource("dashboard", "one", of: "acme")
    },
    Row("GetResource", [.administrator, .user, .writer, .teamWriter]) {
      (client) throws(ClientError) in
      _ = try client.getResource {
        $0.setOrganizationID("acme")
        $0.setResourceType("dashboard")
        $0.setResourceID("one")
      }
    },
    Row("SetWriter", [.administrator, .writer, .teamWriter]) { (client) throws(ClientError) in
      try client.setWriter("bob", "detector", "one", of: "acme")
    },
    Row("RemoveWriter", [.administrator, .writer, .teamWriter]) { (client) throws(ClientError) in
      try client.removeWriter("writers", isTeam: true, "detector", "one", of: "acme")
    },
    Row("RemoveWriter oneself", [.administrator, .user]) { (client) throws(ClientError) in
      try client.removeWriter("bob", "detector", "another", of: "acme")
    },
    Row("IssueToken oneself", [.user]) { (client) throws(ClientError) in
      _ = try client.issueToken(for: "bob", of: "acme")
    },
    Row("IssueToken org", [.administrator]) { (client) throws(ClientError) in
      _ = try client.issueOrgToken(named: "new", of: "acme", [.api])
    },
    Row("ListTokens oneself", [.administrator, .user]) { (client) throws(ClientError) in
      _ = try client.listTokens {
        $0.setOrganizationID("acme")
        $0.setUserID("bob")
      }
    },
    Row("ListTokens", [.administrator]) { (client) throws(ClientError) in
      _ = try client.listTokens { $0.setOrganizationID("acme") }
    },
  ]

  @Test(arguments: rows) func letsOnlyTheRightSubjects(_ row: Row) throws {
    let world = try World()
    let outside = try world.daemon.client()
    // The callers that may not come first, so that nothing has changed before.
    let subjects = PermissionMatrixTests.Subject.allCases.filter { $0 != .empty }
    for subject in subjects where !row.allowed.contains(subject) {
      let revision = try outside.revision()
      let client = try world.daemon.client(bearer: world.secret(of: subject))
      let refusal = failure { () throws(ClientError) in try row.call(client) }
      #expect(
        refusal?.statusName == (subject.isDead ? "UNAUTHENTICATED" : "PERMISSION_DENIED"),
        "\(subject): \(refusal.debugDescription)")
      #expect(try outside.revision() == revision, "a refusal changes nothing")
    }
    for subject in subjects where row.allowed.contains(subject) {
      // Several may, but some calls succeed only once.
      let fresh = try World()
      let client = try fresh.daemon.client(bearer: fresh.secret(of: subject))
      let refusal = failure { () throws(ClientError) in try row.call(client) }
      #expect(refusal == nil, "\(subject)")
    }
  }

  @Test func keepsTheLastAdministrator() throws {
    let world = try World()
    let client = try world.daemon.client()
    let alice = try world.daemon.client(bearer: world.secret(of: .administrator))
    for caller in [client, alice] {
      let demoted = failure { () throws(ClientError) in
        try caller.setAdministrator("alice", of: "acme", false)
      }
      #expect(demoted?.statusName == "FAILED_PRECONDITION")
      #expect(demoted?.reasonName == "LAST_ADMINISTRATOR")
      let deleted = failure { () throws(ClientError) in
        try caller.deleteUser("alice", of: "acme")
      }
      #expect(deleted?.reasonName == "LAST_ADMINISTRATOR")
    }
    try alice.setAdministrator("bob", of: "acme", true)
    try alice.setAdministrator("alice", of: "acme", false)
    #expect(
      failure { () throws(ClientError) in try alice.invite("x", to: "acme") }?.statusName
        == "PERMISSION_DENIED", "rights end with the revision that ends them")
    #expect(
      failure { () throws(ClientError) in try client.deleteUser("bob", of: "acme") }?.reasonName
        == "LAST_ADMINISTRATOR")
    try client.deleteUser("alice", of: "acme")
  }

  @Test func endsEverythingWithAUser() throws {
    let world = try World()
    let client = try world.daemon.client()
    let carol = world.secret(of: .writer)
    let further = try client.issueToken(for: "carol", of: "acme")
    try client.addMember("carol", to: "writers", of: "acme")
    let revision = try client.revision()
    try client.deleteUser("carol", of: "acme")
    #expect(try client.revision() == revision + 2, "its tokens, and the user")
    #expect(try !client.isActive(carol) && !client.isActive(further.secret))
    let dead = try world.daemon.client(bearer: carol)
    #expect(
      failure { () throws(ClientError) in try dead.revoke(secret: "x") }?.statusName
        == "UNAUTHENTICATED")
    // A later user with the same id inherits nothing.
    try client.invite("carol", to: "acme")
    #expect(try !client.isActive(carol))
    let heir = try client.issueToken(for: "carol", of: "acme")
    #expect(try client.isActive(heir.secret))
    #expect(try !client.check(token: heir.secret, "dashboard.update", id: "one").isAllowed)
    #expect(try client.writers(of: "dashboard", "one") == ["team writers"])
  }

  @Test func endsAWritersRightsWithItsTeam() throws {
    let world = try World()
    let client = try world.daemon.client()
    let dave = world.secret(of: .teamWriter)
    #expect(try client.check(token: dave, "detector.update", id: "one").isAllowed)
    try client.removeMember("dave", from: "writers", of: "acme")
    #expect(try !client.check(token: dave, "detector.update", id: "one").isAllowed)
    try client.addMember("dave", to: "writers", of: "acme")
    #expect(try client.check(token: dave, "detector.update", id: "one").isAllowed)
    _ = try client.deleteTeam {
      $0.setOrganizationID("acme")
      $0.setTeamID("writers")
    }
    #expect(try !client.check(token: dave, "detector.update", id: "one").isAllowed)
    // A new team of the same name has none of the old one's rights.
    try client.createTeam("writers", of: "acme", members: ["dave"])
    #expect(try !client.check(token: dave, "detector.update", id: "one").isAllowed)
  }

  @Test func makesTheCreatorTheFirstWriter() throws {
    let world = try World()
    let client = try world.daemon.client()
    let bob = try world.daemon.client(bearer: world.secret(of: .user))
    try bob.putResource("dashboard", "mine", of: "acme")
    #expect(try client.writers(of: "dashboard", "mine") == ["user bob"])
    let secret = world.secret(of: .user)
    #expect(try client.check(token: secret, "dashboard.set_writer", id: "mine").isAllowed)
    try bob.setWriter("carol", "dashboard", "mine", of: "acme")
    try bob.removeWriter("bob", "dashboard", "mine", of: "acme")
    #expect(try client.writers(of: "dashboard", "mine") == ["user carol"])
    #expect(try !client.check(token: secret, "dashboard.update", id: "mine").isAllowed)
    // An item of the same name but another type is another item.
    #expect(
      try !client.check(token: world.secret(of: .writer), "detector.update", id: "mine").isAllowed)
  }

  @Test func attributesChanges() throws {
    let world = try World()
    let client = try world.daemon.client()
    let bob = try world.daemon.client(bearer: world.secret(of: .user))
    let alice = try world.daemon.client(bearer: world.secret(of: .administrator))
    try bob.putResource("dashboard", "mine", of: "acme")
    let created = try client.revision() - 1
    try alice.setWriter("carol", "dashboard", "mine", of: "acme")

    for reader in [client, alice] {
      let shown = try show(reader, "dashboard", "mine")
      #expect(shown.created.user == "bob" && shown.created.organization == "acme")
      #expect(world.secret(of: .user).dropFirst(6).hasPrefix(shown.created.token))
      #expect(shown.created.token.count == 22)
      #expect(shown.created.revision == created)
      #expect(shown.updated.user == "alice")
      #expect(shown.updated.revision == created + 2)
      for attribution in [shown.created, shown.updated] {
        #expect(attribution.uid == getuid() && attribution.gid == getgid())
        #expect(attribution.pid == getpid())
      }
    }
    // Only administrators may read the authors of changes.
    #expect(try show(bob, "dashboard", "mine").created == Attribution())
    // An operator process by itself acts as no user.
    let byOperator = try show(client, "dashboard", "one").created
    #expect(byOperator.user.isEmpty && byOperator.token.isEmpty && byOperator.pid == getpid())
  }

  @Test func listsUsersByPages() throws {
    let world = try World()
    let client = try world.daemon.client()
    for index in 0..<9 { try client.invite("user-\(index)", to: "acme") }
    let all = ["alice", "bob", "carol", "dave"] + (0..<9).map { "user-\($0)" }
    for size: Int32 in [1, 2, 5, 12, 13, 14, 0] {
      var users: [String] = []
      var page = ""
      repeat {
        let reply = try client.listUsers {
          $0.setOrganizationID("acme")
          $0.setPageSize(size)
          $0.setPageToken(page)
        }
        for index in 0..<reply.message.usersCount {
          users.append(String(reply.message.users(at: index).id))
        }
        page = String(reply.message.nextPageToken)
      } while !page.isEmpty && users.count < 100
      #expect(users == all, "pages of \(size)")
    }
  }

  private func show(_ client: PosternClient, _ type: String, _ id: String) throws -> Item {
    let reply = try client.getResource {
      $0.setOrganizationID("acme")
      $0.setResourceType(type)
      $0.setResourceID(id)
    }
    guard let resource = reply.message.resource else { throw FixtureError("no resource") }
    return Item(resource)
  }
}

private struct Item {
  let created: Attribution
  let updated: Attribution

  init(_ resource: PosternV1.Resource) {
    if let value = resource.created { created = Attribution(value) } else { created = .init() }
    if let value = resource.updated { updated = Attribution(value) } else { updated = .init() }
  }
}

private struct Attribution: Equatable {
  var user = ""
  var organization = ""
  var token = ""
  var uid: UInt32 = 0
  var gid: UInt32 = 0
  var pid: Int32 = 0
  var revision: UInt64 = 0

  init() {}

  init(_ attribution: PosternV1.Attribution) {
    user = String(attribution.userID)
    organization = String(attribution.organizationID)
    token = String(attribution.tokenID)
    uid = attribution.uid
    gid = attribution.gid
    pid = attribution.pid
    revision = attribution.revision
  }
}
