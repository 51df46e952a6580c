/// Why a subject may not.
package enum DenialReason: Sendable, Hashable {
  /// The subject belongs to another organization than the one acted in.
  case otherOrganization
  /// The subject holds none of the sets of relations that would allow; any one of `required` would.
  case noRelation(required: Requirement)
  /// No subject of the kind can ever hold what the rule asks for; others could, as `required` says.
  case neverAllowed(required: Requirement)
}
