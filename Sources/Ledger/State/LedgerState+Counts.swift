package import Identifiers
internal import Messages
internal import Permissions

// How many rows belong to something, without a walk: the table of counts, which the fold keeps.
extension LedgerState where Self: ~Copyable {
  /// How many members a team has.
  package func memberCount(of team: TeamID, in organization: OrganizationID) -> Int {
    count(Key(memberCountOf: team, in: organization))
  }

  package func teamCount(of user: UserID, in organization: OrganizationID) -> Int {
    count(Key(teamCountOf: user, in: organization))
  }

  package func writerCount(of resource: ResourceReference) -> Int {
    count(Key(writerCountOf: resource))
  }

  /// How many tokens a user has, or without one an organization by itself, whatever their state:
  /// those that ended long ago are removed.
  package func tokenCount(of user: UserID?, in organization: OrganizationID) -> Int {
    count(Key(tokenCountOf: user, in: organization))
  }

  private func count(_ key: borrowing Key) -> Int {
    guard let row = row(tables.counts, key.bytes) else { return 0 }
    return Int(row.integer(UInt64.self, at: 0))
  }
}
