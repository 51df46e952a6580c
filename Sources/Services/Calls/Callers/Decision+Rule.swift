internal import Permissions

extension Decision {
  /// The relations that allowed the action, or that would; empty when none would.
  func rule(_ policy: Policy) -> String {
    switch self {
    case .allowed(let grounds): policy.name(of: grounds)
    case .denied(.noRelation(let required)): policy.names(of: required)
    case .denied(.otherOrganization), .denied(.neverAllowed): ""
    }
  }
}
