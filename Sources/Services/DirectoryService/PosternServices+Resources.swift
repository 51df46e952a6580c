internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  /// The type of a request's resource, one whose resources the directory keeps.
  func resourceType(_ name: Span<UInt8>) throws(Status) -> ResourceType {
    guard let type = policy.resourceType(named: name), policy.storage(of: type) != .intrinsic else {
      throw Fields.invalid(
        "`resource_type` is not a type whose resources the directory keeps", "resource_type")
    }
    return type
  }

  /// The type of a request's resource, one whose resources have writers.
  func writableType(_ name: Span<UInt8>) throws(Status) -> ResourceType {
    let type = try resourceType(name)
    guard policy.storage(of: type) == .writable else {
      throw Fields.invalid("`resource_type` is a type without writers", "resource_type")
    }
    return type
  }

  /// Refuses the call unless its caller may do the verb to a resource of the type.
  func authorize<State: LedgerState & ~Copyable>(
    _ caller: Caller, verb: String, of type: ResourceType, on target: Target,
    in state: borrowing State
  ) throws(Status) {
    guard let action = policy.action(verb, on: type) else {
      throw Fields.invalid(
        "the policy has no action `\(policy.name(of: type)).\(verb)`", "resource_type")
    }
    try authorize(caller, action, on: target, in: state)
  }

  /// Whether the caller sees who changed things with which token: a caller that may read the audit.
  func showsAttribution<State: LedgerState & ~Copyable>(
    _ caller: Caller, of organization: OrganizationID, in state: borrowing State
  ) -> Bool {
    decision(
      on: policy.action(named: "audit.read"), by: caller.subject, to: Target(in: organization),
      in: state
    ).isAllowed
  }

  /// Refuses the call when there is no such resource.
  func requireResource<State: LedgerState & ~Copyable>(
    _ resource: ResourceReference, in state: borrowing State
  ) throws(Status) {
    guard state.resource(resource) != nil else { throw notFound("resource", resource.id.bytes) }
  }

  /// The user or team that a request names as a writer.
  @_lifetime(copy writer)
  func principal(_ writer: PosternV1.Writer?) throws(Status) -> Principal {
    guard let writer else {
      throw Fields.invalid("`writer` must name a user or a team", "writer")
    }
    if let user = writer.userID { return .user(try Fields.userID(user, "writer.user_id")) }
    if let team = writer.teamID { return .team(try Fields.teamID(team, "writer.team_id")) }
    throw Fields.invalid("`writer` must name a user or a team", "writer")
  }
}
