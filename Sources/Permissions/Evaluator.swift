/// Decides whether a subject may do an action, by trying the rule's sets of relations one by one.
///
/// There is one way to allow: a set of relations that the rule names, that this kind of subject can
/// hold, and that the facts confirm, in the subject's own organization. Everything else is denied.
/// Relations that the kind of subject can't hold are never looked up, so wrong facts about them
/// can't allow anything.
package enum Evaluator {
  /// Decides about an action of `policy` in `organization`.
  ///
  /// `isInOrganization` says whether the subject belongs to that organization; operator and issuer
  /// processes always do. `holds` says whether the subject holds a relation. It is called at most
  /// once for each relation that the rule names, and returns false if it can't tell.
  package static func decide(
    _ action: Action, policy: Policy, organization: Span<UInt8>, subject: SubjectKind,
    isInOrganization: Bool, holds: (Relation) -> Bool
  ) -> Decision {
    // First, so that a subject learns nothing about the rules of another organization.
    guard isInOrganization else { return .denied(.otherOrganization) }
    let index = policy.ruleIndex(of: action, in: organization)
    let rule = policy.rules[Int(index)]
    let possible = subject.possible
    let singles = rule.singles.intersection(possible)
    if singles.isEmpty, !policy.hasSet(of: rule, within: possible) {
      return .denied(.neverAllowed(required: Requirement(rule: index, subject: nil)))
    }
    var remaining = singles
    while let bit = remaining.firstBit {
      let relation = Relations(bit: bit)
      if holds(policy.relation(at: bit, of: rule)) {
        return .allowed(by: Grounds(rule: index, relations: relation))
      }
      remaining.remove(relation)
    }
    if rule.setCount > 0,
      let set = firstSet(of: rule, policy, within: possible, denied: singles, holds)
    {
      return .allowed(by: Grounds(rule: index, relations: set))
    }
    return .denied(.noRelation(required: Requirement(rule: index, subject: subject)))
  }

  /// The first of the rule's sets whose relations all hold. `denied` are known not to hold.
  private static func firstSet(
    of rule: Rule, _ policy: Policy, within possible: Relations, denied: Relations,
    _ holds: (Relation) -> Bool
  ) -> Relations? {
    var (denied, held) = (denied, Relations())
    for index in rule.sets {
      let set = policy.sets[index]
      guard set.isSubset(of: possible) else { continue }
      var remaining = set.subtracting(held)
      while remaining.isDisjoint(with: denied), let bit = remaining.firstBit {
        let relation = Relations(bit: bit)
        if holds(policy.relation(at: bit, of: rule)) {
          held.insert(relation)
          remaining.remove(relation)
        } else {
          denied.insert(relation)
        }
      }
      if remaining.isEmpty { return set }
    }
    return nil
  }
}
