internal import Permissions

/// Makes changes to a copy of a standing, one at a time, asks what holds then, and takes them back.
struct Trial {
  private let circumstances: Circumstances
  private let writer: OpenRule.Part
  /// Where the rule asks for a role, and for a team.
  private var roles: [[UInt8]: OpenRule.Part] = [:]
  private var teams: [[UInt8]: OpenRule.Part] = [:]
  private var standing: Standing
  /// What holds without a change.
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

  /// What holds after a change.
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

  /// The relations that a change can turn.
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
