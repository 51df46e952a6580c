package import Identifiers

/// The facts from which the relations of a user to a resource are derived, at one revision of a
/// ledger.
package protocol DirectoryReader: ~Copyable {
  /// The revision that created the resource, if its creator has this id; nil otherwise.
  func creationRevision(of resource: ResourceReference, by user: UserID) -> UInt64?
  /// The revision that invited the present user with this id; nil if there is none.
  func invitationRevision(_ organization: OrganizationID, _ user: UserID) -> UInt64?
  /// Whether the principal itself is a writer; teams of a user are not considered.
  func isWriter(_ principal: Principal, of resource: ResourceReference) -> Bool
  func isTeamMember(_ user: UserID, of team: TeamID, in organization: OrganizationID) -> Bool
  /// How many teams the user is a member of.
  func teamCount(of user: UserID, in organization: OrganizationID) -> Int
  /// How many users and teams are writers of the resource.
  func writerCount(of resource: ResourceReference) -> Int
  /// Whether a team of the user is a writer of the resource: reads the teams of both, in the order
  /// of their ids, and looks nothing up.
  func isWriterByJoin(_ user: UserID, of resource: ResourceReference) -> Bool
  /// Calls `body` with each team of a user, until it returns false.
  func forEachTeam(
    of user: UserID, in organization: OrganizationID, _ body: (TeamID) -> Bool)
  /// Calls `body` with each team that is a writer of a resource, until it returns false.
  func forEachWritingTeam(of resource: ResourceReference, _ body: (TeamID) -> Bool)
}

extension DirectoryReader where Self: ~Copyable {
  /// Whether the user created the resource. Ids can be reused: a user who was invited after the
  /// resource was created is a different user.
  package func isCreator(_ user: UserID, of resource: ResourceReference) -> Bool {
    guard let created = creationRevision(of: resource, by: user),
      let invited = invitationRevision(resource.organizationID, user)
    else { return false }
    return invited < created
  }

  /// Whether the user is a writer, directly or as a member of a team that is a writer.
  ///
  /// Scans the shorter list, the teams of the user or the writers of the resource, and looks each
  /// of its teams up in the other; two lists of about the same length are joined instead. So
  /// neither membership in many teams nor many writers make a check expensive: the limits of the
  /// directory bound it to some 300 look-ups, or to 2,000 rows that are read in order, by default.
  package func isWriterDirectlyOrByTeam(_ user: UserID, of resource: ResourceReference) -> Bool {
    if isWriter(.user(user), of: resource) { return true }
    let organization = resource.organizationID
    let teamCount = teamCount(of: user, in: organization)
    guard teamCount > 0 else { return false }
    let writerCount = writerCount(of: resource)
    let (shorter, longer) = (min(teamCount, writerCount), max(teamCount, writerCount))
    if shorter + longer < shorter * rowsReadPerLookup {
      return isWriterByJoin(user, of: resource)
    }
    var isFound = false
    if teamCount <= writerCount {
      forEachTeam(of: user, in: organization) { team in
        isFound = isWriter(.team(team), of: resource)
        return !isFound
      }
    } else {
      forEachWritingTeam(of: resource) { team in
        isFound = isTeamMember(user, of: team, in: organization)
        return !isFound
      }
    }
    return isFound
  }
}

/// How many rows are read in order in the time of one look-up (measured: 0.1 and 0.43 us).
private let rowsReadPerLookup = 4
