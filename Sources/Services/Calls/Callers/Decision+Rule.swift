internal import Permissions

extension Decision {
  /// What allowed, or what would; empty when nothing would.
  func rule(_ policy: Policy) -> String {
    switch self {
    case .allowed(let grounds): policy.name(of: grounds)
    case .denied(.noRelation(let required)): policy.names(of: required)
    case .denied(.otherOrganization), .denied(.neverAllowed): ""
    }
  }
}
