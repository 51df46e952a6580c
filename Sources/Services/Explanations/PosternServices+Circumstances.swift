internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  /// Reads how a subject stands to what the rule of a question asks for. The cost is that of going
  /// once through the user's teams and the resource's writers, both of which have a limit.
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
      if snapshot.isTeamMember(organization, team.span, user) { found.standing.join(team) }
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
    let most = Circumstances.mostTeams
    // Two lists and their elements, not a look into the store for each of them.
    var own: [[UInt8]] = []
    snapshot.forEachTeam(organization, member: user, after: Span()) { team in
      own.append(Array(copying: team))
      return true
    }
    var writers: [[UInt8]] = []
    snapshot.forEachWriter(organization, type, id, teams: true, after: Span()) { team in
      writers.append(Array(copying: team))
      return true
    }
    let (ownTeams, writerTeams) = (Set(own), Set(writers))
    found.teamsToWrite = Array(own.lazy.filter { !writerTeams.contains($0) }.prefix(most))
    found.teamsToJoin = Array(writers.lazy.filter { !ownTeams.contains($0) }.prefix(most))
    // A team that the rule names may be behind those.
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
