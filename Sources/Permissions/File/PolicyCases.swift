package import JSON5

/// A file of test cases for a policy:
/// `{ cases: [{ action: "report.export", subject: "user", holds: ["writer"], allowed: true }] }`.
///
/// `action` may be a list. The subject is a `user` (the default), an `org_token` or a `process`.
/// `organization` names an organization with its own rules; `in_organization: false` says that the
/// subject is from another one.
package struct PolicyCases: Sendable {
  package let cases: [PolicyCase]

  /// The most bytes of a file.
  package static let maximumBytes = 4 << 20

  /// Reads the cases for a policy, which must have their actions and relations.
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

  /// The names of the policy's actions that no case tests.
  package func untested(of policy: Policy) -> [String] {
    let tested = Set(cases.map(\.actionName))
    return (0..<policy.actionCount).map { policy.name(of: policy.action(at: $0)) }
      .filter { !tested.contains($0) }
  }
}

/// One question to a policy, and the expected answer.
package struct PolicyCase: Sendable {
  /// Its place in the file.
  package let place: JSON5Place
  /// The name in the file.
  package let actionName: String
  let action: Action
  package let subject: SubjectKind
  /// The names of the relations that the subject holds.
  package let holds: [String]
  /// The organization acted in; empty for one without its own rules.
  let organization: String
  let isInOrganization: Bool
  package let expectsAllowed: Bool

  /// How the policy's answer differs from the expected one, in words; nil if they agree.
  package func failure(of policy: Policy) -> String? {
    var holding = Set(holds)
    // A user of the organization is always a member.
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
