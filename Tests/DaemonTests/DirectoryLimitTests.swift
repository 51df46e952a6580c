internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// The limits on members, teams and writers, on every way in.
@Suite struct DirectoryLimitTests {
  private static let flags = [
    "--max-team-members", "3", "--max-teams-per-user", "2", "--max-resource-writers", "4",
  ]

  @Test func boundMembersAndTeams() throws {
    let daemon = try Daemon(Self.flags)
    let client = try Self.organization(daemon)
    func add(_ user: String, _ team: String) -> ClientError? {
      failure { () throws(ClientError) in try client.addMember(user, to: team, of: "acme") }
    }
    for user in ["u0", "u1", "u2"] { #expect(add(user, "a") == nil) }
    #expect(Self.limit(add("u3", "a")) == "max-team-members")
    // A present member stays a member.
    #expect(add("u1", "a") == nil)
    try client.removeMember("u1", from: "a", of: "acme")
    #expect(add("u3", "a") == nil)
    #expect(add("u0", "b") == nil)
    #expect(Self.limit(add("u0", "c")) == "max-teams-per-user")
    // The deletion of a team or a user makes room again.
    try Self.deleteTeam("b", client)
    #expect(add("u0", "c") == nil)
    try client.deleteUser("u0", of: "acme")
    #expect(add("u1", "a") == nil)
    #expect(Self.limit(add("u4", "a")) == "max-team-members")
  }

  @Test func boundWriters() throws {
    let daemon = try Daemon(Self.flags)
    let client = try Self.organization(daemon)
    let alice = try daemon.client(bearer: try client.issueToken(for: "alice", of: "acme").secret)
    // The creator is the first writer.
    try alice.putResource("dashboard", "one", of: "acme")
    func set(_ name: String, isTeam: Bool = false) -> ClientError? {
      failure { () throws(ClientError) in
        try client.setWriter(name, isTeam: isTeam, "dashboard", "one", of: "acme")
      }
    }
    for user in ["u0", "u1"] { #expect(set(user) == nil) }
    #expect(set("a", isTeam: true) == nil)
    #expect(Self.limit(set("b", isTeam: true)) == "max-resource-writers")
    #expect(Self.limit(set("u2")) == "max-resource-writers")
    #expect(set("u1") == nil)
    try Self.deleteTeam("a", client)
    #expect(set("u2") == nil)
    #expect(Self.limit(set("u3")) == "max-resource-writers")
  }

  /// Lowering a limit removes nothing.
  @Test func keepsWhatIsOverALoweredLimit() throws {
    let first = try Daemon()
    let client = try Self.organization(first)
    for user in ["u0", "u1", "u2", "u3"] {
      try client.addMember(user, to: "a", of: "acme")
    }
    let folder = first.folder
    _ = try first.stop()
    let daemon = try Daemon(Self.flags, folder: folder)
    let next = try daemon.client()
    func add(_ user: String) -> ClientError? {
      failure { () throws(ClientError) in try next.addMember(user, to: "a", of: "acme") }
    }
    #expect(add("u3") == nil)
    #expect(Self.limit(add("u4")) == "max-team-members")
    for user in ["u0", "u1"] { try next.removeMember(user, from: "a", of: "acme") }
    #expect(add("u4") == nil)
  }

  private static func organization(_ daemon: Daemon) throws -> PosternClient {
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    for index in 0..<6 { try client.invite("u\(index)", to: "acme") }
    for team in ["a", "b", "c"] { try client.createTeam(team, of: "acme", members: []) }
    return client
  }

  private static func deleteTeam(_ team: String, _ client: PosternClient) throws {
    _ = try client.deleteTeam {
      $0.setOrganizationID("acme")
      $0.setTeamID(team)
    }
  }

  /// The limit that a refusal names.
  private static func limit(_ refusal: ClientError?) -> String? {
    guard refusal?.statusName == "RESOURCE_EXHAUSTED",
      case .status(_, _, _, _, let metadata)? = refusal
    else { return nil }
    return metadata["limit"]
  }
}
