internal import Permissions
internal import Tokens

extension Circumstances {
  /// The smallest sets of changes that lead to an allow. Every change that is enough alone comes
  /// first, as a set of its own. Then, for each set of relations that the rule accepts, follows one
  /// set of changes that are enough only together.
  func waysToAllow() -> [[StandingChange]] {
    let first: [StandingChange] = isUnknown ? [.invite] : []
    var begun = standing
    for change in first { _ = change.apply(to: &begun) }
    var trial = Trial(of: self, begun)
    guard !rule.isAllowed(trial.held) else { return first.isEmpty ? [] : [first] }
    let additions = additions
    // No addition ends a relation, and none depends on another. So the relations that hold after
    // several additions are the union of those that hold after each.
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
      // Each way is minimal, so none contains another: only equal ones have to be left out.
      if seen.insert(way.sorted()).inserted { ways.append(way) }
    }
    return ways.map { way in way.map { additions[$0] } }.filter(fitsRoles).map { first + $0 }
  }

  /// The changes that could add a relation, those that grant least first.
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

  /// A smallest set of additions, by index, after which the relations at the positions `missing`
  /// hold; nil if there is none. `helpers` has for each position an addition that makes its
  /// relation hold, and `held` for each addition all relations that hold after it.
  private func way(
    to missing: [Int], by helpers: [Int: Int], _ held: [OpenRule.Part], from start: OpenRule.Part
  ) -> [Int]? {
    var way: [Int] = []
    for position in missing {
      guard let helper = helpers[position] else { return nil }
      if !way.contains(helper) { way.append(helper) }
    }
    // One addition may make two relations hold: a team that the rule names may also be a writer.
    // Then the other addition is left out.
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
  /// Every change that is enough alone to deny, those that take least first.
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
      // With two writing teams, the user stays a writer after leaving one of them.
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
