internal import Ledger
internal import Messages
internal import Permissions

/// A subject's standing, and the facts that decide which changes of it are possible.
struct Circumstances {
  /// If more teams would serve the same purpose, only this many are considered.
  static let maximumTeams = 100

  let rule: OpenRule
  let policy: Policy
  /// The names of the roles that the rule asks for, and the ids of the teams.
  let roles: [[UInt8]]
  let teams: [[UInt8]]
  var standing: Standing
  /// Whether the user has to be invited first.
  var isUnknown = false
  /// Whether the question names a resource, and whether that exists.
  var namesResource = false
  var hasResource = false
  /// Whether the policy has the actions that set and that remove writers of the resource's type.
  var setsWriters = false
  var removesWriters = false
  /// The rule's teams that exist.
  var foundTeams: Set<[UInt8]> = []
  /// The user's teams that are writers of the resource, in the order of their ids.
  var writingTeams: [[UInt8]] = []
  /// The user's teams that are not writers yet.
  var teamsToWrite: [[UInt8]] = []
  /// Teams that are writers and that the user is not in.
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

/// Tries changes on a copy of a standing, one at a time: it makes the change, finds the relations
/// that then hold, and undoes the change.
struct Trial {
  private let circumstances: Circumstances
  private let writer: OpenRule.Part
  /// The positions in the rule of the relations to roles and to teams.
  private var roles: [[UInt8]: OpenRule.Part] = [:]
  private var teams: [[UInt8]: OpenRule.Part] = [:]
  private var standing: Standing
  /// The relations that hold without a change.
  let held: OpenRule.Part

  init(of circumstances: Circumstances, _ standing: Standing) {
    self.circumstances = circumstances
    self.standing = standing
    let policy = circumstances.policy
    held = circumstances.rule.part { standing.holds($0, policy) }
    writer = circumstances.rule.part { $0 == .writer }
    for (position, relation) in circumstances.rule.relations.enumerated() {
      let part = OpenRule.Part(position: position)
      switch relation {
      case .role(let name): roles[policy.bytes(of: name)] = part
      case .teamMember(let name): teams[policy.bytes(of: name)] = part
      default: break
      }
    }
  }

  /// The relations that hold after a change.
  mutating func held(after change: StandingChange) -> OpenRule.Part {
    guard change.apply(to: &standing) else { return held }
    defer { _ = change.apply(to: &standing, isUndone: true) }
    let (rule, policy) = (circumstances.rule, circumstances.policy)
    var asked = concern(of: change)
    var after = held.subtracting(asked)
    while let position = asked.first {
      asked = asked.rest
      guard standing.holds(rule.relations[position], policy) else { continue }
      after.insert(OpenRule.Part(position: position))
    }
    return after
  }

  /// The relations that a change can begin or end.
  private func concern(of change: StandingChange) -> OpenRule.Part {
    switch change {
    case .addWriter, .removeWriter, .addWriterTeam, .removeWriterTeam: writer
    case .joinTeam(let team), .leaveTeam(let team): writer.union(teams[team] ?? [])
    case .addRole(let role), .removeRole(let role): roles[role] ?? []
    case .invite, .addAdministrator, .removeAdministrator, .deleteUser, .addScope, .removeScope,
      .revokeToken:
      circumstances.rule.part { _ in true }
    }
  }
}
