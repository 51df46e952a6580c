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

  /// Makes the change, or with `isUndone` its opposite; false if all was so before.
  func apply(to standing: inout Standing, isUndone: Bool = false) -> Bool {
    switch self {
    case .invite: Self.set(&standing.isMember, !isUndone)
    case .addWriter: Self.set(&standing.isWriter, !isUndone)
    case .addRole(let role): Self.set(role, in: &standing.roles, !isUndone)
    case .joinTeam(let team): isUndone ? standing.leave(team) : standing.join(team)
    case .addWriterTeam(let team):
      isUndone ? standing.removeWriter(team) : standing.addWriter(team)
    case .addAdministrator: Self.set(&standing.isAdministrator, !isUndone)
    case .addScope(let scope): Self.set(scope, in: &standing.scopes, !isUndone)
    case .removeWriter: Self.set(&standing.isWriter, isUndone)
    case .removeRole(let role): Self.set(role, in: &standing.roles, isUndone)
    case .leaveTeam(let team): isUndone ? standing.join(team) : standing.leave(team)
    case .removeWriterTeam(let team):
      isUndone ? standing.addWriter(team) : standing.removeWriter(team)
    case .removeAdministrator: Self.set(&standing.isAdministrator, isUndone)
    case .deleteUser: Self.set(&standing.isMember, isUndone)
    case .removeScope(let scope): Self.set(scope, in: &standing.scopes, isUndone)
    case .revokeToken: Self.set(&standing.isRevoked, !isUndone)
    }
  }

  private static func set(_ value: inout Bool, _ wanted: Bool) -> Bool {
    defer { value = wanted }
    return value != wanted
  }

  /// Adds an element to a set, or takes it out.
  private static func set<Elements: SetAlgebra>(
    _ element: Elements.Element, in elements: inout Elements, _ isWanted: Bool
  ) -> Bool {
    if isWanted { elements.insert(element).inserted } else { elements.remove(element) != nil }
  }

  /// Whether it adds to the roles of the user, of whom there is a most.
  var isRole: Bool { if case .addRole = self { true } else { false } }
}
