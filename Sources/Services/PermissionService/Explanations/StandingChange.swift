internal import Tokens

/// A change of a subject's standing that a method of Postern can make. Ids and names are bytes.
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

  /// Makes the change, or undoes it if `isUndone`; false if nothing differs afterwards.
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

  /// Adds an element to a set, or removes it; false if nothing differs afterwards.
  private static func set<Elements: SetAlgebra>(
    _ element: Elements.Element, in elements: inout Elements, _ isWanted: Bool
  ) -> Bool {
    if isWanted { elements.insert(element).inserted } else { elements.remove(element) != nil }
  }

  /// Whether it adds a role to the user, whose number of roles is limited.
  var isRole: Bool { if case .addRole = self { true } else { false } }
}

extension StandingChange {
  private static let directory = "postern.v1.DirectoryService."
  private static let tokens = "postern.v1.TokenService."

  /// The full name of the method that makes the change.
  var method: String {
    switch self {
    case .invite: Self.directory + "InviteUser"
    case .addWriter, .addWriterTeam: Self.directory + "SetWriter"
    case .addRole, .removeRole: Self.directory + "SetUserRoles"
    case .joinTeam: Self.directory + "AddTeamMember"
    case .addAdministrator, .removeAdministrator: Self.directory + "SetAdministrator"
    case .removeWriter, .removeWriterTeam: Self.directory + "RemoveWriter"
    case .leaveTeam: Self.directory + "RemoveTeamMember"
    case .deleteUser: Self.directory + "DeleteUser"
    case .addScope, .removeScope: Self.tokens + "UpdateOrgToken"
    case .revokeToken: Self.tokens + "RevokeToken"
    }
  }

  /// The relation that it begins or ends, as the policy writes it; empty if it revokes the token.
  func relation(ofRule teams: [[UInt8]]) -> String {
    switch self {
    case .invite, .deleteUser: return "member"
    case .addWriter, .addWriterTeam, .removeWriter, .removeWriterTeam: return "writer"
    case .addRole(let role), .removeRole(let role): return "role:\(Self.text(role))"
    case .joinTeam(let team), .leaveTeam(let team):
      return teams.contains(team) ? "team:\(Self.text(team))" : "writer"
    case .addAdministrator, .removeAdministrator: return "administrator"
    case .addScope(let scope), .removeScope(let scope):
      return "scope:\(scope.names.joined())"
    case .revokeToken: return ""
    }
  }

  /// The team that it names; empty if it names none.
  var team: [UInt8] {
    switch self {
    case .joinTeam(let team), .leaveTeam(let team), .addWriterTeam(let team),
      .removeWriterTeam(let team):
      team
    default: []
    }
  }

  /// The role that it names; empty if it names none.
  var role: [UInt8] {
    switch self {
    case .addRole(let role), .removeRole(let role): role
    default: []
    }
  }

  /// The scope that it names; empty if it names none.
  var scope: TokenScopes {
    switch self {
    case .addScope(let scope), .removeScope(let scope): scope
    default: []
    }
  }

  /// Whether it is about the writers of the resource.
  var isAboutResource: Bool {
    switch self {
    case .addWriter, .addWriterTeam, .removeWriter, .removeWriterTeam: true
    default: false
    }
  }

  /// The change as a command in one sentence, about this user and this resource.
  func sentence(user: String, resource: String) -> String {
    switch self {
    case .invite: "invite `\(user)` to the organization"
    case .addWriter: "make `\(user)` a writer of `\(resource)`"
    case .addRole(let role): "give `\(user)` the role `\(Self.text(role))`"
    case .joinTeam(let team): "add `\(user)` to the team `\(Self.text(team))`"
    case .addWriterTeam(let team): "make the team `\(Self.text(team))` a writer of `\(resource)`"
    case .addAdministrator: "make `\(user)` an administrator"
    case .addScope(let scope): "give the token the scope `\(scope.names.joined())`"
    case .removeWriter: "remove `\(user)` from the writers of `\(resource)`"
    case .removeRole(let role): "take the role `\(Self.text(role))` from `\(user)`"
    case .leaveTeam(let team): "remove `\(user)` from the team `\(Self.text(team))`"
    case .removeWriterTeam(let team):
      "remove the team `\(Self.text(team))` from the writers of `\(resource)`"
    case .removeAdministrator: "make `\(user)` a plain member"
    case .deleteUser: "delete the user `\(user)`"
    case .removeScope(let scope): "take the scope `\(scope.names.joined())` from the token"
    case .revokeToken: "revoke the token"
    }
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
