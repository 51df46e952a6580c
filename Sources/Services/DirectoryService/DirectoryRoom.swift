internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

/// Whether a team, a user or a resource has room for one more, by the counts that the ledger keeps.
///
/// The limits bound the length of a list of members or writers, and the cost of a `Check`. A list
/// that is longer than a limit that was lowered stays, and takes no more.
struct DirectoryRoom {
  private let limits: ServiceLimits

  init(_ limits: ServiceLimits) { self.limits = limits }

  /// Refuses another member of a team that has `more` members beside those of the state, and of a
  /// user who has `moreTeams` teams beside those.
  func requireMember<State: LedgerState & ~Copyable>(
    _ user: UserID, of team: TeamID, in organization: OrganizationID, more: Int = 0,
    moreTeams: Int = 0, _ state: borrowing State
  ) throws(Status) {
    guard state.memberCount(of: team, in: organization) + more < limits.teamMembers else {
      throw .limit("max-team-members", limits.teamMembers)
    }
    guard state.teamCount(of: user, in: organization) + moreTeams < limits.teamsPerUser else {
      throw .limit("max-teams-per-user", limits.teamsPerUser)
    }
  }

  /// Refuses another writer of a resource that has `more` writers beside those of the state.
  func requireWriter<State: LedgerState & ~Copyable>(
    of resource: ResourceReference, more: Int = 0, in state: borrowing State
  ) throws(Status) {
    guard state.writerCount(of: resource) + more < limits.resourceWriters else {
      throw .limit("max-resource-writers", limits.resourceWriters)
    }
  }
}

/// Counts the members and writers that the records of a message add, each once, so that a message
/// is refused before anything of it is applied.
struct ImportRoom {
  private let room: DirectoryRoom
  /// What the message adds, as keys of rows.
  private var added: Set<[UInt8]> = []
  /// How many rows of the message belong to an owner: a team, a user or a resource.
  private var counts: [[UInt8]: Int] = [:]

  init(_ room: DirectoryRoom) { self.room = room }

  /// Notes that a record names a user as a member of a team.
  mutating func addMember(
    _ user: UserID, of team: TeamID, in organization: OrganizationID, _ draft: borrowing Draft
  ) throws(Status) {
    let ofTeam = Self.key("t", of: organization.bytes, team.bytes)
    guard !draft.isTeamMember(user, of: team, in: organization),
      added.insert(Self.key("m", of: ofTeam.span, user.bytes)).inserted
    else { return }
    let ofUser = Self.key("u", of: organization.bytes, user.bytes)
    try room.requireMember(
      user, of: team, in: organization, more: counts[ofTeam] ?? 0, moreTeams: counts[ofUser] ?? 0,
      draft)
    counts[ofTeam, default: 0] += 1
    counts[ofUser, default: 0] += 1
  }

  /// Notes that a record names a writer of a resource.
  mutating func addWriter(
    _ principal: Principal, of resource: ResourceReference, in draft: borrowing Draft
  ) throws(Status) {
    let type = Self.key("r", of: resource.organizationID.bytes, resource.type.bytes)
    let owner = Self.key("r", of: type.span, resource.id.bytes)
    let row =
      switch principal {
      case .user(let id): Self.key("w", of: owner.span, id.bytes)
      case .team(let id): Self.key("g", of: owner.span, id.bytes)
      }
    guard !draft.isWriter(principal, of: resource), added.insert(row).inserted else { return }
    try room.requireWriter(of: resource, more: counts[owner] ?? 0, in: draft)
    counts[owner, default: 0] += 1
  }

  /// The key of a kind of row or owner, of parts with a NUL behind each.
  private static func key(
    _ kind: Unicode.Scalar, of owner: Span<UInt8>, _ part: Span<UInt8>
  ) -> [UInt8] {
    var key = [UInt8(ascii: kind)]
    for part in [Array(copying: owner), Array(copying: part)] {
      key += part
      key.append(0)
    }
    return key
  }
}
