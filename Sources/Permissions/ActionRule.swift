/// One row of a policy as it is declared: who may do what to a type of resource.
package struct ActionRule: Sendable, Hashable {
  package let resourceType: String
  package let verb: String
  /// Any one of these allows; of each all relations must hold. A relation is given by its name, as
  /// `administrator`, `role:power` or `team:ops`.
  package let anyOf: [[String]]

  package init(_ resourceType: String, _ verb: String, anyOf: [[String]]) {
    self.resourceType = resourceType
    self.verb = verb
    self.anyOf = anyOf
  }

  /// A rule of relations that each allow by themselves.
  package init(_ resourceType: String, _ verb: String, allowing allowedFor: Relations) {
    let names = allowedFor.bits.compactMap { bit in Relation.fixed(at: bit)?.baseName }
    self.init(resourceType, verb, anyOf: names.map { [$0] })
  }

  /// The action's name.
  package var name: String { "\(resourceType).\(verb)" }
}

/// A rule laid open, to say why it decided as it did and what would decide otherwise.
package struct OpenRule: Sendable {
  /// The sets of relations of which each allows.
  package let alternatives: [[Relation]]
  /// Every relation of those, once, in the order that they are asked for.
  package let relations: [Relation]
  /// The alternatives again, as bits that are positions in `relations`: no more than a rule has.
  private let sets: [UInt64]

  /// The rule of an action in an organization.
  package init(of action: Action, in organization: Span<UInt8>, _ policy: Policy) {
    alternatives = policy.alternatives(of: action, in: organization)
    var relations: [Relation] = []
    sets = alternatives.map { set in
      set.reduce(0) { bits, relation in
        if let position = relations.firstIndex(of: relation) { return bits | 1 << position }
        relations.append(relation)
        return bits | 1 << (relations.count - 1)
      }
    }
    self.relations = relations
  }

  /// Whether it allows to who holds just these relations; each is asked for once.
  package func isAllowed(_ holds: (Relation) -> Bool) -> Bool {
    var held: UInt64 = 0
    for (position, relation) in relations.enumerated() where holds(relation) {
      held |= 1 << position
    }
    return sets.contains { $0 & ~held == 0 }
  }
}

/// What kind of subject asks, which bounds the relations it can ever hold.
package enum SubjectKind: UInt8, Sendable, Hashable, CaseIterable {
  /// A user, by one of its tokens.
  case user
  /// An org token: never an administrator, a writer, or oneself.
  case orgToken
  /// The calling process, by its role.
  case peer

  /// The relations that a subject of the kind can hold at all.
  package var possible: Relations {
    switch self {
    case .user: .users
    case .orgToken: .orgTokens
    case .peer: .peers
    }
  }

  /// The name in files with cases to test a policy by.
  package var name: String {
    switch self {
    case .user: "user"
    case .orgToken: "org_token"
    case .peer: "process"
    }
  }
}
