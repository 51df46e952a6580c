package import JSON5

/// A file of cases to test a policy by:
/// `{ cases: [{ action: "report.export", subject: "user", holds: ["writer"], allowed: true }] }`.
///
/// `action` may be a list. The subject is a `user` (the default), an `org_token` or a `process`.
/// `organization` names one with rules of its own; `in_organization: false` says that the subject
/// is from another one.
package struct PolicyCases: Sendable {
  package let cases: [PolicyCase]

  /// The most bytes of a file.
  package static let maximumBytes = 4 << 20

  /// Reads the cases for a policy, which has to know their actions and relations.
  package init(_ text: String, for policy: Policy) throws(PolicyFileError) {
    var reader = PolicyCasesReader(policy)
    do throws(JSON5Error) {
      try reader.read(text)
    } catch {
      throw PolicyFileError([error])
    }
    guard reader.problems.isEmpty else { throw PolicyFileError(reader.problems) }
    cases = reader.cases
  }

  /// The names of the policy's actions of which no case asks.
  package func untested(of policy: Policy) -> [String] {
    let tested = Set(cases.map(\.actionName))
    return (0..<policy.actionCount).map { policy.name(of: policy.action(at: $0)) }
      .filter { !tested.contains($0) }
  }
}

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
