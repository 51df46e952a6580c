internal import Permissions

extension Decision {
  /// The relation that allowed, or those that would; empty when none would.
  func rule(_ policy: Policy) -> String {
    switch self {
    case .allowed(let relation): relation.name
    case .denied(.noRelation(let required)): required.names
    case .denied(.otherOrganization), .denied(.neverAllowed): ""
    }
  }
}
