internal import Permissions
internal import Tokens

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
