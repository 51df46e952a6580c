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
