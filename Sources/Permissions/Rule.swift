/// A compiled rule: the sets of relations that allow an action.
struct Rule: Sendable, Hashable {
  /// The relations that each allow alone.
  var singles: Relations = []
  /// The index of the rule's first set in `Policy.sets`; the relations of a set allow together.
  var setsStart: UInt32 = 0
  var setCount: UInt32 = 0
  /// The index in `Policy.named` of the relation for the first of the rule's own bits.
  var namedStart: UInt32 = 0

  /// The indices of the rule's sets in `Policy.sets`.
  var sets: Range<Int> { Int(setsStart)..<Int(setsStart) + Int(setCount) }
}

/// What would allow an action for a kind of subject: the sets of one rule that such a subject can
/// hold. `Policy.names(of:)` of the deciding policy gives their names.
package struct Requirement: Sendable, Hashable {
  let rule: UInt32
  /// Nil for any kind of subject.
  let subject: SubjectKind?
}

/// The rules of one organization that replace the policy's.
package struct OrganizationRules: Sendable, Hashable {
  package let organizationID: String
  /// Rules for actions that the policy declares.
  package let actions: [ActionRule]

  package init(_ organizationID: String, _ actions: [ActionRule]) {
    self.organizationID = organizationID
    self.actions = actions
  }
}
