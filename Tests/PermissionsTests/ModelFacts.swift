internal import Permissions

/// Facts made up by a test, and a record of what was asked.
final class ModelFacts {
  let isInOrganization: Bool
  let relations: Set<Relation>
  var asked: [Relation] = []

  init(_ relations: Set<Relation>, isInOrganization: Bool = true) {
    self.relations = relations
    self.isInOrganization = isInOrganization
  }

  func holds(_ relation: Relation) -> Bool {
    asked.append(relation)
    return relations.contains(relation)
  }
}

extension Evaluator {
  /// Decides from made-up facts.
  static func decide(
    _ action: Action, policy: Policy, subject: SubjectKind, facts: ModelFacts
  ) -> Decision {
    decide(
      action, policy: policy, organization: Span(), subject: subject,
      isInOrganization: facts.isInOrganization, holds: facts.holds)
  }
}
