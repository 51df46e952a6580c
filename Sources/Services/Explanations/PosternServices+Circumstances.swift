internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  /// Reads how a subject stands to what the rule of a question asks for. The cost is that of a
  /// check, and a look at up to a few hundred teams.
  func circumstances(
    of subject: Subject, hasToken: Bool, _ question: Question, _ snapshot: borrowing Snapshot
  ) -> Circumstances {
    let target = target(of: question, subject)
    let rule = OpenRule(of: question.action, in: target.organizationID, policy)
    var found = Circumstances(subject.kind, rule, policy)
    found.hasToken = hasToken
    found.standing.scopes = subject.scopes
    guard subject.kind == .user else { return found }
    found.standing.isOneself = !target.userID.isEmpty && target.userID.isEqual(to: subject.userID)
    read(user: subject.userID, target.organizationID, into: &found, snapshot)
    read(teamsOf: subject.userID, target.organizationID, into: &found, snapshot)
    read(resource: target, subject.userID, into: &found, snapshot)
    return found
  }

  private func read(
    user: Span<UInt8>, _ organization: Span<UInt8>, into found: inout Circumstances,
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

  private func read(
    teamsOf user: Span<UInt8>, _ organization: Span<UInt8>, into found: inout Circumstances,
    _ snapshot: borrowing Snapshot
  ) {
    for team in found.teams where snapshot.team(organization, team.span) != nil {
      found.foundTeams.insert(team)
      if snapshot.isTeamMember(organization, team.span, user) { found.standing.teams.insert(team) }
    }
  }

  private func read(
    resource target: Target, _ user: Span<UInt8>, into found: inout Circumstances,
    _ snapshot: borrowing Snapshot
  ) {
    let (organization, type, id) = (target.organizationID, target.resourceType, target.resourceID)
    found.namesResource = !id.isEmpty
    guard !id.isEmpty, snapshot.resource(organization, type, id) != nil else { return }
    found.hasResource = true
    found.standing.isCreator = snapshot.isCreator(organization, type, id, user: user)
    guard found.asksForWriter else { return }
    found.setsWriters = policy.action("set_writer", on: type) != nil
    found.removesWriters = policy.action("remove_writer", on: type) != nil
    found.standing.isWriter = snapshot.isWriter(organization, type, id, .user(user))
    var (writing, toWrite): (Set<[UInt8]>, [[UInt8]]) = ([], [])
    // The same look at every team of the user that a check takes.
    snapshot.forEachTeam(organization, member: user, after: Span()) { team in
      if snapshot.isWriter(organization, type, id, .team(team)) {
        writing.insert(Array(copying: team))
      } else if toWrite.count < Circumstances.mostTeams {
        toWrite.append(Array(copying: team))
      }
      return true
    }
    found.standing.teams.formUnion(writing)
    found.teamsToWrite = toWrite
    var toJoin: [[UInt8]] = []
    snapshot.forEachWriter(organization, type, id, teams: true, after: Span()) { team in
      guard !snapshot.isTeamMember(organization, team, user) else { return true }
      toJoin.append(Array(copying: team))
      return toJoin.count < Circumstances.mostTeams
    }
    found.teamsToJoin = toJoin
    found.standing.writerTeams = writing.union(toJoin)
    // A team that the rule names may be a writer behind those.
    for team in found.foundTeams
    where snapshot.isWriter(organization, type, id, .team(team.span)) {
      found.standing.writerTeams.insert(team)
    }
    found.standing.teams.formUnion(toWrite)
  }
}
