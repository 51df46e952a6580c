internal import Identifiers
internal import Permissions
internal import Testing

/// A directory of one organization and one resource in memory, which counts what is read of it.
private final class FakeDirectory: DirectoryReader {
  var creator: (user: String, revision: UInt64)?
  var invitations: [String: UInt64] = [:]
  var teams: [String: Set<String>] = [:]
  var writingUsers: Set<String> = []
  var writingTeams: [String] = []
  private(set) var teamsRead = 0
  private(set) var joins = 0

  func creationRevision(of resource: ResourceReference, by user: UserID) -> UInt64? {
    user.string == creator?.user ? creator?.revision : nil
  }

  func invitationRevision(_ organization: OrganizationID, _ user: UserID) -> UInt64? {
    invitations[user.string]
  }

  func isWriter(_ principal: Principal, of resource: ResourceReference) -> Bool {
    switch principal {
    case .user(let id): writingUsers.contains(id.string)
    case .team(let id): writingTeams.contains(id.string)
    }
  }

  func isTeamMember(_ user: UserID, of team: TeamID, in organization: OrganizationID) -> Bool {
    teams[user.string]?.contains(team.string) ?? false
  }

  func teamCount(of user: UserID, in organization: OrganizationID) -> Int {
    teams[user.string]?.count ?? 0
  }

  func writerCount(of resource: ResourceReference) -> Int {
    writingUsers.count + writingTeams.count
  }

  func isWriterByJoin(_ user: UserID, of resource: ResourceReference) -> Bool {
    joins += 1
    return !(teams[user.string] ?? []).isDisjoint(with: writingTeams)
  }

  func forEachTeam(
    of user: UserID, in organization: OrganizationID, _ body: (TeamID) -> Bool
  ) {
    visit(teams[user.string].map(Array.init) ?? [], body)
  }

  func forEachWritingTeam(of resource: ResourceReference, _ body: (TeamID) -> Bool) {
    visit(writingTeams, body)
  }

  private func visit(_ teams: [String], _ body: (TeamID) -> Bool) {
    for team in teams {
      teamsRead += 1
      guard body(TeamID(stored: team.utf8Span.span)) else { return }
    }
  }
}

/// What the directory says of a user and a resource, without a ledger.
@Suite struct DirectoryReaderTests {
  private func ask<Answer>(
    about user: String, _ body: (UserID, ResourceReference) -> Answer
  ) -> Answer {
    let (acme, type, item) = ("acme", "dashboard", "one")
    return body(
      UserID(stored: user.utf8Span.span),
      ResourceReference(
        in: OrganizationID(stored: acme.utf8Span.span),
        type: ResourceTypeName(stored: type.utf8Span.span),
        id: ResourceID(stored: item.utf8Span.span)))
  }

  private func isCreator(_ user: String, in directory: FakeDirectory) -> Bool {
    ask(about: user) { directory.isCreator($0, of: $1) }
  }

  private func writes(_ user: String, in directory: FakeDirectory) -> Bool {
    ask(about: user) { directory.isWriterDirectlyOrByTeam($0, of: $1) }
  }

  @Test func aUserInvitedAfterTheCreationIsNotTheCreator() {
    let directory = FakeDirectory()
    directory.creator = ("alice", 7)
    #expect(!isCreator("alice", in: directory))
    directory.invitations = ["alice": 3, "bob": 3]
    #expect(isCreator("alice", in: directory))
    #expect(!isCreator("bob", in: directory))
    directory.invitations["alice"] = 9
    #expect(!isCreator("alice", in: directory))
    directory.creator = nil
    #expect(!isCreator("alice", in: directory))
  }

  @Test func aWriterIsOneItselfOrByATeam() {
    let directory = FakeDirectory()
    directory.writingUsers = ["alice"]
    directory.writingTeams = ["ops"]
    directory.teams = ["bob": ["ops", "web"], "carol": ["web"]]
    #expect(writes("alice", in: directory))
    #expect(writes("bob", in: directory))
    #expect(!writes("carol", in: directory))
    #expect(!writes("dave", in: directory))
  }

  @Test func theShorterListIsScanned() {
    let directory = FakeDirectory()
    directory.writingTeams = (0..<50).map { "writers-\($0)" }
    directory.teams = ["alice": ["web", "ops"]]
    #expect(!writes("alice", in: directory))
    #expect(directory.teamsRead == 2)

    let other = FakeDirectory()
    other.writingTeams = ["ops"]
    other.teams = ["alice": Set((0..<50).map { "team-\($0)" })]
    #expect(!writes("alice", in: other))
    #expect(other.teamsRead == 1)
    other.teams["alice"]?.insert("ops")
    #expect(writes("alice", in: other))
    #expect(directory.joins + other.joins == 0)
  }

  /// Then no team is looked up.
  @Test func listsOfAboutTheSameLengthAreJoined() {
    let directory = FakeDirectory()
    directory.writingTeams = (0..<50).map { "writers-\($0)" }
    directory.teams = ["alice": Set((0..<90).map { "team-\($0)" })]
    #expect(!writes("alice", in: directory))
    directory.teams["alice"]?.insert("writers-7")
    #expect(writes("alice", in: directory))
    #expect(directory.joins == 2)
    #expect(directory.teamsRead == 0)
  }
}
