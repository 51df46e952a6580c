internal import JSON5

/// A file of cases to test a policy by:
/// `{ cases: [{ action: "report.export", subject: "user", holds: ["writer"], allowed: true }] }`.
///
/// `action` may be a list. The subject is a `user` (the default), an `org_token` or a `process`.
/// `organization` names one with rules of its own; `in_organization: false` says that the subject
/// is from another one.
package struct PolicyCases: Sendable {
  package let cases: [PolicyCase]

  /// The most bytes of a file.
  package static let mostBytes = 4 << 20

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
