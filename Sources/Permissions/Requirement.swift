/// What would allow an action to a kind of subject: the sets of relations of one rule that such a
/// subject can hold. What they are called, the policy that decided says: `Policy.names(of:)`.
package struct Requirement: Sendable, Hashable {
  let rule: UInt32
  /// Nil for whatever subject.
  let subject: SubjectKind?
}
