// Why a decision came out as it did, and what would turn it, are found by trying: how the subject
// stands is read once, as far as the rule asks for it; each change that a method of Postern can
// make is made to what was read, the rule is asked again, and the change is taken back. So a change
// that is named is one that turns the decision, whatever the rule. A try costs the same however
// many teams the subject is in, and asks only for the relations that the change is about. What a
// change makes hold is kept as bits, so changes are put together without making them.

internal import Permissions
internal import Tokens

/// How a subject stands to what a rule asks for: its relations, and what they are made of.
struct Standing {
  let kind: SubjectKind
  /// Whether there is such a user. Without it none of a user's relations holds.
  var isMember = false
  var isOneself = false
  var isAdministrator = false
  var isCreator = false
  /// Whether the user itself is a writer.
  var isWriter = false
  /// Of the roles that the rule names, those that the user has.
  var roles: Set<[UInt8]> = []
  /// Of the teams that matter, those that the user is in.
  private(set) var teams: Set<[UInt8]> = []
  /// Of the teams that matter, those that are writers.
  private(set) var writerTeams: Set<[UInt8]> = []
  /// How many teams are both.
  private var writingCount = 0
  var scopes: TokenScopes = []
  /// Whether the token is gone, and with it whatever held.
  var isRevoked = false

  init(_ kind: SubjectKind) { self.kind = kind }

  /// Whether a relation holds, just as the evaluator finds it.
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

  /// Puts the user into a team; false if it is there.
  @discardableResult
  mutating func join(_ team: [UInt8]) -> Bool {
    guard teams.insert(team).inserted else { return false }
    if writerTeams.contains(team) { writingCount += 1 }
    return true
  }

  /// Takes the user out of a team; false if it isn't there.
  mutating func leave(_ team: [UInt8]) -> Bool {
    guard teams.remove(team) != nil else { return false }
    if writerTeams.contains(team) { writingCount -= 1 }
    return true
  }

  /// Makes a team a writer; false if it is one.
  @discardableResult
  mutating func addWriter(_ team: [UInt8]) -> Bool {
    guard writerTeams.insert(team).inserted else { return false }
    if teams.contains(team) { writingCount += 1 }
    return true
  }

  /// Makes a team no writer; false if it is none.
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
  /// The scope of an org token that it stands for.
  var scope: TokenScopes? {
    switch self {
    case .ingestScope: .ingest
    case .apiScope: .api
    case .rumScope: .rum
    default: nil
    }
  }
}
