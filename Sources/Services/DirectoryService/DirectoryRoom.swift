internal import Identifiers
internal import Ledger
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
