/// The result of an evaluation.
package enum Decision: Sendable, Hashable {
  /// Allowed by the first set of relations found to hold.
  case allowed(by: Grounds)
  case denied(DenialReason)

  package var isAllowed: Bool {
    switch self {
    case .allowed: true
    case .denied: false
    }
  }

  /// The decision in words, for a status or an explanation; `policy` must be the one that decided.
  package func sentence(action: Action, policy: Policy) -> String {
    let name = policy.name(of: action)
    switch self {
    case .allowed(let grounds):
      return "`\(name)` is allowed for: \(policy.name(of: grounds))"
    case .denied(.otherOrganization):
      return "`\(name)` is not allowed in another organization"
    case .denied(.noRelation(let required)):
      return "`\(name)` is allowed for: \(policy.names(of: required))"
    case .denied(.neverAllowed(let required)):
      let others = policy.namesBesidePeers(of: required)
      guard !others.isEmpty else { return "`\(name)` is never allowed for this kind of subject" }
      return "`\(name)` is never allowed for this kind of subject, only for: \(others)"
    }
  }
}

/// The relations that allowed together, usually one. `Policy.name(of:)` of the deciding policy
/// gives their names.
package struct Grounds: Sendable, Hashable {
  let rule: UInt32
  let relations: Relations
}

/// Why a subject is denied.
package enum DenialReason: Sendable, Hashable {
  /// The subject does not belong to the organization acted in.
  case otherOrganization
  /// The subject holds none of the sets of relations that would allow. `required` has these sets.
  case noRelation(required: Requirement)
  /// No subject of this kind can hold the relations of the rule. `required` says which would allow.
  case neverAllowed(required: Requirement)
}
