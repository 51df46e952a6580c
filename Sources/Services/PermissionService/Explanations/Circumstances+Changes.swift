internal import Permissions
internal import Tokens

extension Circumstances {
  /// The smallest ways to an allow. First the changes that are enough alone, all of them; then
  /// those that are enough only together, one way for each set of relations that the rule accepts.
  func waysToAllow() -> [[StandingChange]] {
    let first: [StandingChange] = isUnknown ? [.invite] : []
    var begun = standing
    for change in first { _ = change.apply(to: &begun) }
    var trial = Trial(of: self, begun)
    guard !rule.isAllowed(trial.held) else { return first.isEmpty ? [] : [first] }
    let additions = additions
    // No addition takes anything, or needs another to be of use: what several make hold together
    // is what each does.
    let held = additions.map { trial.held(after: $0) }
    var ways = additions.indices.filter { rule.isAllowed(held[$0]) }.map { [$0] }
    var seen = Set(ways)
    var helpers: [Int: Int] = [:]
    for index in additions.indices.reversed() {
      var gained = held[index].subtracting(trial.held)
      while let position = gained.first {
        helpers[position] = index
        gained = gained.rest
      }
    }
    for set in rule.alternatives {
      let missing = set.filter { !trial.held.contains(OpenRule.Part(position: $0)) }
      guard let way = way(to: missing, by: helpers, held, from: trial.held) else { continue }
      // None too many is in it, so one that has all of another is that one.
      if seen.insert(way.sorted()).inserted { ways.append(way) }
    }
    return ways.map { way in way.map { additions[$0] } }.filter(fitsRoles).map { first + $0 }
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

  /// The changes that make the relations at some positions hold, none too many; nil if no changes
  /// do. Of each relation it is known which change helps to it, and of each change what holds then.
  private func way(
    to missing: [Int], by helpers: [Int: Int], _ held: [OpenRule.Part], from start: OpenRule.Part
  ) -> [Int]? {
    var way: [Int] = []
    for position in missing {
      guard let helper = helpers[position] else { return nil }
      if !way.contains(helper) { way.append(helper) }
    }
    // One change may do for two relations: a team that the rule names may be a writer too.
    for change in way {
      let rest = way.filter { $0 != change }
      if rule.isAllowed(rest.reduce(start) { $0.union(held[$1]) }) { way = rest }
    }
    return way
  }

  private func fitsRoles(_ way: [StandingChange]) -> Bool {
    let count = way.count(where: \.isRole)
    return count == 0 || roleCount + count <= maximumRoles
  }
}

extension Circumstances {
  /// Every single change that denies, what takes least first.
  func revocations() -> [StandingChange] {
    var trial = Trial(of: self, standing)
    return removals.filter { !rule.isAllowed(trial.held(after: $0)) }
  }

  private var removals: [StandingChange] {
    var removals: [StandingChange] = []
    if standing.kind == .orgToken {
      // A token keeps at least one scope.
      if standing.scopes.rawValue.nonzeroBitCount > 1 {
        removals += rule.relations.compactMap(\.scope).filter { standing.scopes.contains($0) }
          .map { .removeScope($0) }
      }
    } else {
      if standing.isWriter, removesWriters { removals.append(.removeWriter) }
      removals += roles.filter { standing.roles.contains($0) }.map { .removeRole($0) }
      let named = teams.filter { standing.teams.contains($0) }
      removals += named.map { .leaveTeam($0) }
      // A writer by two teams is one without either.
      if writingTeams.count == 1, let team = writingTeams.first {
        if !named.contains(team) { removals.append(.leaveTeam(team)) }
        if removesWriters { removals.append(.removeWriterTeam(team)) }
      }
      if !isLastAdministrator {
        if standing.isAdministrator { removals.append(.removeAdministrator) }
        removals.append(.deleteUser)
      }
    }
    if hasToken { removals.append(.revokeToken) }
    return removals
  }
}
