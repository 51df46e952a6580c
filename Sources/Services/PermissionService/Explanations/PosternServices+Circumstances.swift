internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  /// Reads everything about a subject that the rule of a question depends on. It goes once through
  /// the user's teams and once through the resource's writers. Both lists have a limit.
  func circumstances(
    of subject: Subject, hasToken: Bool, _ question: Question, _ snapshot: borrowing Snapshot
  ) -> Circumstances {
    let target = target(of: question, by: subject)
    let rule = OpenRule(
      of: question.action, in: OrganizationID.bytes(of: target.organizationID), policy)
    var found = Circumstances(of: subject.kind, under: rule, policy)
    found.hasToken = hasToken
    found.standing.scopes = subject.scopes
    guard let user = subject.userID, let organization = target.organizationID else {
      return found
    }
    found.standing.isOneself = subject.isUser(of: target)
    readUser(user, of: organization, into: &found, snapshot)
    readTeams(of: user, in: organization, into: &found, snapshot)
    if let resource = target.resource {
      found.namesResource = true
      readWriters(of: resource, and: user, into: &found, snapshot)
    }
    return found
  }

  private func readUser(
    _ user: UserID, of organization: OrganizationID, into found: inout Circumstances,
    _ snapshot: borrowing Snapshot
  ) {
    guard let record = snapshot.user(organization, user) else {
      found.isUnknown = true
      return
    }
    found.standing.isMember = true
    found.standing.isAdministrator = record.isAdministrator
    for role in found.roles where record.hasRole(role.span) { found.standing.roles.insert(role) }
    var roleCount = 0
    record.forEachRole { _ in roleCount += 1 }
    found.roleCount = roleCount
    if record.isAdministrator, let record = snapshot.organization(organization) {
      found.isLastAdministrator = record.administratorCount < 2
    }
  }

  private func readTeams(
    of user: UserID, in organization: OrganizationID, into found: inout Circumstances,
    _ snapshot: borrowing Snapshot
  ) {
    for team in found.teams {
      let id = TeamID(stored: team.span)
      guard snapshot.team(organization, id) != nil else { continue }
      found.foundTeams.insert(team)
      if snapshot.isTeamMember(user, of: id, in: organization) { found.standing.join(team) }
    }
  }

  private func readWriters(
    of resource: ResourceReference, and user: UserID, into found: inout Circumstances,
    _ snapshot: borrowing Snapshot
  ) {
    guard snapshot.resource(resource) != nil else { return }
    found.hasResource = true
    found.standing.isCreator = snapshot.isCreator(user, of: resource)
    guard found.asksForWriter else { return }
    found.setsWriters = policy.action("set_writer", on: resource.type.bytes) != nil
    found.removesWriters = policy.action("remove_writer", on: resource.type.bytes) != nil
    found.standing.isWriter = snapshot.isWriter(.user(user), of: resource)
    let most = Circumstances.maximumTeams
    // Both lists are read whole and compared in memory, without a look-up for each element.
    var own: [[UInt8]] = []
    snapshot.forEachTeam(of: user, in: resource.organizationID) { team in
      own.append(Array(copying: team.bytes))
      return true
    }
    var writers: [[UInt8]] = []
    snapshot.forEachWritingTeam(of: resource) { team in
      writers.append(Array(copying: team.bytes))
      return true
    }
    let (ownTeams, writerTeams) = (Set(own), Set(writers))
    found.teamsToWrite = Array(own.lazy.filter { !writerTeams.contains($0) }.prefix(most))
    found.teamsToJoin = Array(writers.lazy.filter { !ownTeams.contains($0) }.prefix(most))
    // A team that the rule names is always included, although the lists above are cut off.
    let named = found.foundTeams.filter(writerTeams.contains)
    found.writingTeams = own.filter(writerTeams.contains)
      .sorted { $0.lexicographicallyPrecedes($1) }
    for team in found.writingTeams {
      found.standing.join(team)
      found.standing.addWriter(team)
    }
    for team in found.teamsToWrite { found.standing.join(team) }
    for team in found.teamsToJoin + named { found.standing.addWriter(team) }
  }
}
