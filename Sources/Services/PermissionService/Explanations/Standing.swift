// Explain finds by trial what would turn a decision. It reads once everything about the subject
// that the rule depends on: the subject's standing. For each change that a method of Postern can
// make, it changes the standing, evaluates the rule again, and undoes the change. So every change
// that the answer names really turns the decision, whatever the rule is.
//
// A trial evaluates only the relations that its change concerns, and its cost does not depend on
// the number of the subject's teams. The relations that hold after a change are kept as bits, so
// the effect of several changes together is computed from the bits, without another trial.

internal import Permissions
internal import Tokens

/// The facts about a subject from which the relations of a rule follow.
struct Standing {
  let kind: SubjectKind
  /// Whether the user exists in the organization. If it does not, none of its relations holds.
  var isMember = false
  var isOneself = false
  var isAdministrator = false
  var isCreator = false
  /// Whether the user itself is a writer.
  var isWriter = false
  /// The rule's roles that the user has.
  var roles: Set<[UInt8]> = []
  /// The relevant teams that the user is in.
  private(set) var teams: Set<[UInt8]> = []
  /// The relevant teams that are writers of the resource.
  private(set) var writerTeams: Set<[UInt8]> = []
  /// The number of teams that are in both sets.
  private var writingCount = 0
  var scopes: TokenScopes = []
  /// Whether the token is revoked; then no relation holds.
  var isRevoked = false

  init(_ kind: SubjectKind) { self.kind = kind }

  /// Whether a relation holds, by the same rules as in the evaluator.
  func holds(_ relation: Relation, _ policy: Policy) -> Bool {
    guard !isRevoked else { return false }
    switch kind {
    case .peer: return false
    case .orgToken:
      guard let scope = relation.scope else { return false }
      return scopes.contains(scope)
    case .user: return isMember && isUser(relation, policy)
    }
  }

  /// Adds the user to a team; false if it is in the team already.
  @discardableResult
  mutating func join(_ team: [UInt8]) -> Bool {
    guard teams.insert(team).inserted else { return false }
    if writerTeams.contains(team) { writingCount += 1 }
    return true
  }

  /// Removes the user from a team; false if it isn't in the team.
  mutating func leave(_ team: [UInt8]) -> Bool {
    guard teams.remove(team) != nil else { return false }
    if writerTeams.contains(team) { writingCount -= 1 }
    return true
  }

  /// Makes a team a writer; false if it is one already.
  @discardableResult
  mutating func addWriter(_ team: [UInt8]) -> Bool {
    guard writerTeams.insert(team).inserted else { return false }
    if teams.contains(team) { writingCount += 1 }
    return true
  }

  /// Removes a team from the writers; false if it isn't one of them.
  mutating func removeWriter(_ team: [UInt8]) -> Bool {
    guard writerTeams.remove(team) != nil else { return false }
    if teams.contains(team) { writingCount -= 1 }
    return true
  }

  private func isUser(_ relation: Relation, _ policy: Policy) -> Bool {
    switch relation {
    case .operatorPeer, .issuerPeer, .ingestScope, .apiScope, .rumScope: false
    case .oneself: isOneself
    case .member: true
    case .administrator: isAdministrator
    case .creator: isCreator
    case .role(let name): roles.contains(policy.bytes(of: name))
    case .teamMember(let name): teams.contains(policy.bytes(of: name))
    case .writer: isWriter || writingCount > 0
    }
  }
}

extension Relation {
  /// The scope that an org token must have for this relation; nil for a relation of users or peers.
  var scope: TokenScopes? {
    switch self {
    case .ingestScope: .ingest
    case .apiScope: .api
    case .rumScope: .rum
    default: nil
    }
  }
}
