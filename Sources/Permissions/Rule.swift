/// A rule, compiled: which sets of relations allow an action.
struct Rule: Sendable, Hashable {
  /// Each of these allows by itself.
  var singles: Relations = []
  /// Where in the policy's sets the rule's begin, each of several relations that allow together.
  var setsStart: UInt32 = 0
  var setCount: UInt32 = 0
  /// Where in the policy's named relations the rule's begin, for the first of its own bits.
  var namedStart: UInt32 = 0

  /// The rule's sets, among the policy's.
  var sets: Range<Int> { Int(setsStart)..<Int(setsStart) + Int(setCount) }
}

/// What would allow an action to a kind of subject: the sets of relations of one rule that such a
/// subject can hold. What they are called, the policy that decided says: `Policy.names(of:)`.
package struct Requirement: Sendable, Hashable {
  let rule: UInt32
  /// Nil for whatever subject.
  let subject: SubjectKind?
}

/// The rules that an organization has in place of everybody's.
package struct OrganizationRules: Sendable, Hashable {
  package let organizationID: String
  /// Each of an action that the policy has anyway.
  package let actions: [ActionRule]

  package init(_ organizationID: String, _ actions: [ActionRule]) {
    self.organizationID = organizationID
    self.actions = actions
  }
}
