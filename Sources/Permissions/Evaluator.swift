/// Decides whether a subject may do an action: the sets of relations of the rule, tried one by one.
///
/// There is one way to an allow: a set of relations that the rule names, that the kind of subject
/// can hold, and that the facts confirm, in the subject's own organization. Everything else falls
/// through to a deny. What the kind of subject can't hold is never asked for, so wrong facts about
/// it can't allow either.
package enum Evaluator {
  /// Decides. `action` is one of `policy`, and `organization` the one that is acted in.
  ///
  /// `isInOrganization` says whether the subject belongs to that organization, which operator and
  /// issuer processes always do. `holds` says whether it holds a relation; it is asked for each
  /// relation at most once, only where the rule asks for it, and answers false for what it can't
  /// find out.
  package static func decide(
    _ action: Action, policy: Policy, organization: Span<UInt8>, subject: SubjectKind,
    isInOrganization: Bool, holds: (Relation) -> Bool
  ) -> Decision {
    // First: the rules of another organization are none of the subject's business.
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

  /// The first of the rule's sets of which all relations hold; `denied` are known not to.
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
