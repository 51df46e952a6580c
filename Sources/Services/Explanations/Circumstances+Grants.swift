internal import Permissions
internal import Tokens

extension Circumstances {
  /// The smallest ways to an allow. First the changes that are enough alone, all of them; then
  /// those that are enough only together, one way for each set of relations that the rule accepts.
  func waysToAllow() -> [[StandingChange]] {
    let first: [StandingChange] = isUnknown ? [.invite] : []
    var trial = standing
    for change in first { _ = change.apply(to: &trial) }
    guard !isAllowed(after: [], of: &trial) else { return first.isEmpty ? [] : [first] }
    let additions = additions
    var ways = additions.filter { isAllowed(after: [$0], of: &trial) }.map { [$0] }
      .filter(fitsRoles)
    for set in rule.alternatives {
      guard let way = way(to: set, by: additions, &trial), fitsRoles(way) else { continue }
      let isNew = !ways.contains { $0.allSatisfy(way.contains) }
      if isNew { ways.append(way) }
    }
    return ways.map { first + $0 }
  }

  /// What could be added, what grants least first.
  private var additions: [StandingChange] {
    if standing.kind == .orgToken {
      return rule.relations.compactMap(\.scope).filter { !standing.scopes.contains($0) }
        .map { .addScope($0) }
    }
    var additions: [StandingChange] = []
    let canWrite = hasResource && setsWriters
    if canWrite, !standing.isWriter { additions.append(.addWriter) }
    additions += roles.filter { !standing.roles.contains($0) }.map { .addRole($0) }
    let named = teams.filter { foundTeams.contains($0) && !standing.teams.contains($0) }
    additions += named.map { .joinTeam($0) }
    additions += teamsToJoin.filter { !named.contains($0) }.map { .joinTeam($0) }
    if canWrite { additions += teamsToWrite.map { .addWriterTeam($0) } }
    if !standing.isAdministrator { additions.append(.addAdministrator) }
    return additions
  }

  /// The changes that make a set of relations hold, none too many; nil if no changes do.
  private func way(
    to set: [Relation], by additions: [StandingChange], _ trial: inout Standing
  ) -> [StandingChange]? {
    var way: [StandingChange] = []
    for relation in set where !trial.holds(relation, policy) {
      let found = additions.first { change in
        holds(after: [change], of: &trial) { $0.holds(relation, policy) }
      }
      guard let found else { return nil }
      if !way.contains(found) { way.append(found) }
    }
    // One change may do for two relations: a team that the rule names may be a writer too.
    for change in way {
      let rest = way.filter { $0 != change }
      if isAllowed(after: rest, of: &trial) { way = rest }
    }
    return isAllowed(after: way, of: &trial) ? way : nil
  }

  private func fitsRoles(_ way: [StandingChange]) -> Bool {
    let count = way.count(where: \.isRole)
    return count == 0 || roleCount + count <= mostRoles
  }
}
