/// What an evaluation came to.
package enum Decision: Sendable, Hashable {
  /// Allowed, by the first relations found to hold.
  case allowed(by: Grounds)
  case denied(DenialReason)

  /// Whether the subject may.
  package var isAllowed: Bool {
    switch self {
    case .allowed: true
    case .denied: false
    }
  }

  /// The decision in words, for a status or an explanation; `policy` is the one that decided.
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

/// The relations that allowed together, mostly one. What they are called, the policy that decided
/// says: `Policy.name(of:)`.
package struct Grounds: Sendable, Hashable {
  let rule: UInt32
  let relations: Relations
}

/// Why a subject may not.
package enum DenialReason: Sendable, Hashable {
  /// The subject belongs to another organization than the one acted in.
  case otherOrganization
  /// The subject holds none of the sets of relations that would allow; any one of `required` would.
  case noRelation(required: Requirement)
  /// No subject of the kind can ever hold what the rule asks for; others could, as `required` says.
  case neverAllowed(required: Requirement)
}
