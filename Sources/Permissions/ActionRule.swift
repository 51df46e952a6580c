/// One row of a policy as declared: who may do an action on a type of resource.
package struct ActionRule: Sendable, Hashable {
  package let resourceType: String
  package let verb: String
  /// The alternatives: each allows if all of its relations hold. A relation is given by its name,
  /// such as `administrator`, `role:power` or `team:ops`.
  package let anyOf: [[String]]

  package init(_ resourceType: String, _ verb: String, anyOf: [[String]]) {
    self.resourceType = resourceType
    self.verb = verb
    self.anyOf = anyOf
  }

  /// Makes a rule of relations that each allow alone.
  package init(_ resourceType: String, _ verb: String, allowing allowedFor: Relations) {
    let names = allowedFor.bits.compactMap { bit in Relation.fixed(at: bit)?.baseName }
    self.init(resourceType, verb, anyOf: names.map { [$0] })
  }

  /// The action's name.
  package var name: String { "\(resourceType).\(verb)" }
}

/// A rule in readable form, to explain a decision and what would change it.
package struct OpenRule: Sendable {
  /// Some of the rule's relations, as bits at their positions. A rule has at most 64 relations.
  package struct Part: OptionSet, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The part with the relation at a position.
    package init(position: Int) { rawValue = 1 << UInt64(position) }

    /// The first position; nil if the part is empty.
    package var first: Int? { rawValue == 0 ? nil : rawValue.trailingZeroBitCount }

    /// All but the first.
    package var rest: Part { Part(rawValue: rawValue & (rawValue &- 1)) }
  }

  /// Every relation that the rule names, once, in the order of evaluation.
  package let relations: [Relation]
  /// The sets of relations that each allow, as positions in `relations`.
  package let alternatives: [[Int]]
  private let sets: [Part]

  /// The rule of an action in an organization.
  package init(of action: Action, in organization: Span<UInt8>, _ policy: Policy) {
    var relations: [Relation] = []
    var positions: [Relation: Int] = [:]
    alternatives = policy.alternatives(of: action, in: organization).map { set in
      set.map { relation in
        if let position = positions[relation] { return position }
        positions[relation] = relations.count
        relations.append(relation)
        return relations.count - 1
      }
    }
    self.relations = relations
    sets = alternatives.map { set in
      set.reduce(into: Part()) { $0.insert(Part(position: $1)) }
    }
  }

  /// The relations for which `isTrue` returns true.
  package func part(where isTrue: (Relation) -> Bool) -> Part {
    var part = Part()
    for (position, relation) in relations.enumerated() where isTrue(relation) {
      part.insert(Part(position: position))
    }
    return part
  }

  /// Whether the rule allows a subject that holds exactly these relations.
  package func isAllowed(_ held: Part) -> Bool {
    for set in sets where set.isSubset(of: held) { return true }
    return false
  }
}

/// The kind of a subject, which limits the relations that it can hold.
package enum SubjectKind: UInt8, Sendable, Hashable, CaseIterable {
  /// A user, by one of its tokens.
  case user
  /// An org token: never an administrator, a writer, or oneself.
  case orgToken
  /// The calling process, by its role.
  case peer

  /// The relations that a subject of this kind can hold.
  package var possible: Relations {
    switch self {
    case .user: .users
    case .orgToken: .orgTokens
    case .peer: .peers
    }
  }

  /// The name in files of policy test cases.
  package var name: String {
    switch self {
    case .user: "user"
    case .orgToken: "org_token"
    case .peer: "process"
    }
  }
}
