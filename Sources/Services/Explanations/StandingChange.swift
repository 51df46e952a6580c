internal import Tokens

/// A change that a method of Postern makes to how a subject stands. Ids and names are bytes.
enum StandingChange: Hashable {
  case invite
  case addWriter
  case addRole([UInt8])
  case joinTeam([UInt8])
  case addWriterTeam([UInt8])
  case addAdministrator
  case addScope(TokenScopes)
  case removeWriter
  case removeRole([UInt8])
  case leaveTeam([UInt8])
  case removeWriterTeam([UInt8])
  case removeAdministrator
  case deleteUser
  case removeScope(TokenScopes)
  case revokeToken

  func apply(to standing: inout Standing) {
    switch self {
    case .invite: standing.isMember = true
    case .addWriter: standing.isWriter = true
    case .addRole(let role): standing.roles.insert(role)
    case .joinTeam(let team): standing.teams.insert(team)
    case .addWriterTeam(let team): standing.writerTeams.insert(team)
    case .addAdministrator: standing.isAdministrator = true
    case .addScope(let scope): standing.scopes.formUnion(scope)
    case .removeWriter: standing.isWriter = false
    case .removeRole(let role): standing.roles.remove(role)
    case .leaveTeam(let team): standing.teams.remove(team)
    case .removeWriterTeam(let team): standing.writerTeams.remove(team)
    case .removeAdministrator: standing.isAdministrator = false
    case .deleteUser: standing.isMember = false
    case .removeScope(let scope): standing.scopes.subtract(scope)
    case .revokeToken: standing.isRevoked = true
    }
  }

  /// Whether it adds to the roles of the user, of whom there is a most.
  var isRole: Bool { if case .addRole = self { true } else { false } }
}
