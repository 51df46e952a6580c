/// Decides whether a subject may do an action: the rule's relations, tried one by one.
///
/// There is one way to an allow: a relation that the rule names, that the kind of subject can hold,
/// and that the facts confirm, in the subject's own organization. Everything else falls through to
/// a deny. What the kind of subject can't hold is never asked for, so wrong facts about it can't
/// allow either.
package enum Evaluator {
  /// Decides. `action` is one of `policy`.
  ///
  /// `isInOrganization` says whether the subject belongs to the organization that is acted in,
  /// which operator and issuer processes always do. `holds` says whether it holds a relation; it is
  /// asked for each relation at most once, only where the rule asks for it, and answers false for
  /// what it can't find out.
  package static func decide(
    _ action: Action, policy: Policy, subject: SubjectKind, isInOrganization: Bool,
    holds: (Relation) -> Bool
  ) -> Decision {
    let required = policy.requires(action).intersection(subject.possible)
    guard !required.isEmpty else { return .denied(.neverAllowed) }
    guard isInOrganization else { return .denied(.otherOrganization) }
    var remaining = required
    while let relation = remaining.first {
      if holds(relation) { return .allowed(by: relation) }
      remaining.remove(Relations(relation))
    }
    return .denied(.noRelation(required: required))
  }
}
