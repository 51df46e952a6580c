package import JSON5

/// One question to a policy, and the answer that is expected.
package struct PolicyCase: Sendable {
  /// Where it stands in its file.
  package let place: JSON5Place
  /// As the file names it.
  package let actionName: String
  let action: Action
  package let subject: SubjectKind
  /// The names of the relations that the subject holds.
  package let holds: [String]
  /// The organization that is acted in; empty for one without rules of its own.
  let organization: String
  let isInOrganization: Bool
  package let expectsAllowed: Bool

  /// What the policy says instead of what is expected, in words; nil if it is what is expected.
  package func failure(of policy: Policy) -> String? {
    var holding = Set(holds)
    // Whoever is a user of the organization is a member of it.
    if subject == .user { holding.insert(Relation.member.baseName) }
    let decision = Evaluator.decide(
      action, policy: policy, organization: organization.utf8Span.span, subject: subject,
      isInOrganization: isInOrganization
    ) { holding.contains(policy.name(of: $0)) }
    guard decision.isAllowed != expectsAllowed else { return nil }
    let expected = expectsAllowed ? "expected an allow" : "expected a deny"
    return "\(expected): \(decision.sentence(action: action, policy: policy))"
  }
}
