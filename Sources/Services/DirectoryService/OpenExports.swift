internal import Messages
internal import Platform
internal import RPC

/// The exports that run, each of which keeps the pages of an old revision from being used again.
///
/// No tenant can keep the others from exporting: callers other than operators have one export of
/// an organization at a time, and the last place is kept for operators.
final class OpenExports: Sendable {
  /// A place that is taken.
  struct Place: Sendable {
    /// Nil for an operator's export.
    fileprivate let organization: [UInt8]?
  }

  private struct State {
    var count = 0
    /// The organizations of which others than operators have an export.
    var organizations: Set<[UInt8]> = []
  }

  private let state = Guarded(State())

  /// Takes a place for an export of an organization, or refuses it by the limit that it names.
  func enter(
    _ organization: [UInt8], isOperator: Bool, limit: Int
  ) throws(Status) -> Place {
    let refusal = state.withLock { state -> Status? in
      let most = isOperator ? limit : limit - 1
      guard isOperator || !state.organizations.contains(organization) else {
        return .running(organization)
      }
      guard state.count < most else {
        return isOperator ? .limit("max-exports", limit) : .kept(limit)
      }
      if !isOperator { state.organizations.insert(organization) }
      state.count += 1
      return nil
    }
    if let refusal { throw refusal }
    return Place(organization: isOperator ? nil : organization)
  }

  func leave(_ place: Place) {
    state.withLock { state in
      state.count -= 1
      if let organization = place.organization { state.organizations.remove(organization) }
    }
  }
}

extension Status {
  fileprivate static func kept(_ limit: Int) -> Status {
    Status(
      .resourceExhausted,
      "the limit `max-exports` of \(limit) is reached: the last one is kept for operators",
      reason: "LIMIT_REACHED", metadata: [("limit", "max-exports"), ("value", "\(limit)")])
  }

  fileprivate static func running(_ organization: [UInt8]) -> Status {
    let name = String(copying: organization.span)
    return Status(
      .resourceExhausted,
      "an export of the organization `\(name)` runs already: one at a time, but for operators",
      reason: "LIMIT_REACHED", metadata: [("limit", "exports-per-organization"), ("value", "1")])
  }
}
