internal import Ledger
internal import Messages
internal import Permissions

/// A subject's standing, and what of it the methods of Postern can change.
struct Circumstances {
  /// Of teams that would do, no more than these are named.
  static let mostTeams = 100

  let rule: OpenRule
  let policy: Policy
  /// The names of the roles that the rule asks for, and the ids of the teams.
  let roles: [[UInt8]]
  let teams: [[UInt8]]
  var standing: Standing
  /// Whether the user has to be invited first.
  var isUnknown = false
  /// Whether a resource is named, and it is there.
  var namesResource = false
  var hasResource = false
  /// Whether the policy has actions that set, and remove, the writers of the type.
  var setsWriters = false
  var removesWriters = false
  /// Of the rule's teams, those that there are.
  var foundTeams: Set<[UInt8]> = []
  /// The teams by which the user is a writer, by id.
  var writingTeams: [[UInt8]] = []
  /// Teams of the user that could become writers.
  var teamsToWrite: [[UInt8]] = []
  /// Writing teams that the user could join.
  var teamsToJoin: [[UInt8]] = []
  var roleCount = 0
  var isLastAdministrator = false
  /// Whether the subject is the bearer of a token.
  var hasToken = false

  init(of kind: SubjectKind, under rule: OpenRule, _ policy: Policy) {
    standing = Standing(kind)
    self.rule = rule
    self.policy = policy
    roles = rule.relations.compactMap {
      if case .role(let name) = $0 { policy.bytes(of: name) } else { nil }
    }
    teams = rule.relations.compactMap {
      if case .teamMember(let name) = $0 { policy.bytes(of: name) } else { nil }
    }
  }

  var asksForWriter: Bool { rule.relations.contains(.writer) }
}
