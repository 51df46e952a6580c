internal import Permissions

/// The evaluator once more, with sets and without an eye to speed.
enum Model {
  static let order: [Relation] = [
    .operatorPeer, .issuerPeer, .ingestScope, .oneself, .member, .administrator, .writer,
  ]

  static func decide(
    _ rule: ActionRule, _ subject: SubjectKind, _ facts: ModelFacts
  ) -> Decision {
    var asked = Set(order.filter { rule.allowedFor.contains(Relations($0)) })
    if asked != [.ingestScope] { asked.insert(.operatorPeer) }
    switch subject {
    case .user: asked.subtract([.operatorPeer, .issuerPeer, .ingestScope])
    case .orgToken: asked.formIntersection([.ingestScope])
    case .peer: asked.formIntersection([.operatorPeer, .issuerPeer])
    }
    if asked.isEmpty { return .denied(.neverAllowed) }
    if !facts.isInOrganization { return .denied(.otherOrganization) }
    let holding = asked.intersection(facts.relations)
    if let relation = order.first(where: holding.contains) { return .allowed(by: relation) }
    var required: Relations = []
    for relation in asked { required.insert(Relations(relation)) }
    return .denied(.noRelation(required: required))
  }
}
