/// Why a subject may not.
package enum DenialReason: Sendable, Hashable {
  /// The subject belongs to another organization than the one acted in.
  case otherOrganization
  /// The subject holds none of the relations that would allow; any one of `required` would.
  case noRelation(required: Relations)
  /// No subject of the kind can ever hold a relation that the rule asks for.
  case neverAllowed
}
