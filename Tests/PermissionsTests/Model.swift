internal import Permissions
internal import TestSupport

/// A random policy, and the evaluator once more, with sets of names and without an eye to speed.
struct Model {
  /// The outcome of a decision, as text.
  enum Outcome {
    /// By any one of these.
    case allowed(Set<Set<String>>)
    case otherOrganization
    case neverAllowed
    case noRelation(Set<Set<String>>)
  }

  static let users = [
    "self", "member", "administrator", "creator", "writer", "role:power", "role:own",
    "role:read_only", "team:ops", "team:dev", "team:a.b-c_D",
  ]
  static let tokens = ["scope:ingest", "scope:api", "scope:rum"]
  static let peers = ["operator", "issuer"]
  static let names = users + tokens + peers
  /// The first has no rules of its own.
  static let organizations = ["acme", "own", "other"]

  let rules: [ActionRule]
  let own: [OrganizationRules]

  init(using random: inout SplitMix64) {
    var rules: [ActionRule] = []
    for index in 0..<30 {
      rules.append(
        ActionRule("type\(index % 5)", "verb\(index)", anyOf: Self.alternatives(using: &random)))
    }
    self.rules = rules
    own = Self.organizations.dropFirst().map { organization in
      OrganizationRules(
        organization,
        rules.filter { _ in random.next() % 3 == 0 }.map { rule in
          ActionRule(rule.resourceType, rule.verb, anyOf: Self.alternatives(using: &random))
        })
    }
  }

  func policy() throws(PolicyError) -> Policy {
    try Policy(
      resourceTypes: (0..<5).map { ResourceTypeRule("type\($0)", .writable) }, actions: rules,
      roles: ["own"], organizations: own)
  }

  func decide(
    _ rule: ActionRule, _ organization: String, _ subject: SubjectKind, isInOrganization: Bool,
    holding: Set<String>
  ) -> Outcome {
    let own = own.first { $0.organizationID == organization }?.actions
      .first { $0.name == rule.name }
    var sets = Set((own ?? rule).anyOf.map(Set.init))
    if !sets.allSatisfy({ $0.isSubset(of: Self.tokens) }) { sets.insert(["operator"]) }
    let possible =
      switch subject {
      case .user: Self.users
      case .orgToken: Self.tokens
      case .peer: Self.peers
      }
    sets = sets.filter { $0.isSubset(of: possible) }
    if !isInOrganization { return .otherOrganization }
    if sets.isEmpty { return .neverAllowed }
    let allowing = sets.filter { $0.isSubset(of: holding) }
    return allowing.isEmpty ? .noRelation(sets) : .allowed(allowing)
  }

  /// One to four sets, each of relations of one kind of subject.
  private static func alternatives(using random: inout SplitMix64) -> [[String]] {
    (0...random.next() % 4).map { _ in
      let kind =
        [users, users, users, tokens, ["operator"], ["issuer"]]
        .randomElement(using: &random) ?? users
      return Array(kind.shuffled(using: &random).prefix(1 + Int(random.next() % 3)))
    }
  }
}

extension Model.Outcome {
  init(_ decision: Decision, _ policy: Policy) {
    func sets(_ text: String) -> Set<Set<String>> {
      Set(text.split(separator: ", ").map { Set($0.split(separator: " and ").map(String.init)) })
    }
    switch decision {
    case .allowed(let grounds): self = .allowed(sets(policy.name(of: grounds)))
    case .denied(.otherOrganization): self = .otherOrganization
    case .denied(.neverAllowed): self = .neverAllowed
    case .denied(.noRelation(let required)): self = .noRelation(sets(policy.names(of: required)))
    }
  }

  /// Whether this is what was expected: what allowed may be any one of what could.
  func agrees(with expected: Self) -> Bool {
    switch (self, expected) {
    case (.allowed(let one), .allowed(let all)): one.isSubset(of: all) && !one.isEmpty
    case (.noRelation(let left), .noRelation(let right)): left == right
    case (.otherOrganization, .otherOrganization), (.neverAllowed, .neverAllowed): true
    default: false
    }
  }
}
