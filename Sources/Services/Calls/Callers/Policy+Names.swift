internal import Permissions

extension Policy {
  /// The action of a name that the services themselves use, and that every policy therefore has.
  func action(named name: StaticString) -> Action {
    // SAFETY: a static string's bytes live as long as the program.
    let bytes = unsafe UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    guard let action = unsafe action(named: Span(_unsafeElements: bytes)) else {
      preconditionFailure("the policy lacks `\(name)`")
    }
    return action
  }

  /// The action of a verb on a type; nil where the policy has none.
  func action(_ verb: String, on type: ResourceType) -> Action? {
    action(named: "\(name(of: type)).\(verb)".utf8Span.span)
  }

  /// As above, of a type by its name.
  func action(_ verb: String, on type: Span<UInt8>) -> Action? {
    action(named: "\(String(copying: type)).\(verb)".utf8Span.span)
  }
}

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
