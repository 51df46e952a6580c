internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions

// Ids are used again: an organization created under the id of a deleted one is another, and so is a
// user invited again. The log, tokens that are not swept yet and their usage still hold facts about
// the one before, which only operators may see.
extension PosternServices {
  /// The revision from which on a caller may see facts about an organization: the creation of the
  /// organization if the caller may do the action to all of it, else its own invitation.
  func horizon<State: LedgerState & ~Copyable>(
    of caller: Caller, for action: StaticString, in organization: OrganizationID?,
    _ state: borrowing State
  ) -> UInt64 {
    if caller.isOperator { return 0 }
    guard let organization else { return .max }
    let decision = decision(
      on: policy.action(named: action), by: caller.subject, to: Target(in: organization), in: state)
    if decision.isAllowed { return state.organization(organization)?.createdRevision ?? .max }
    guard let user = caller.userID else { return .max }
    return state.user(organization, user)?.invitedRevision ?? .max
  }

  /// Whether a caller that may do the action may learn that the token exists or existed.
  func sees<State: LedgerState & ~Copyable>(
    _ caller: Caller, _ token: TokenRecord, for action: StaticString, in state: borrowing State
  ) -> Bool {
    token.issuedRevision >= horizon(of: caller, for: action, in: token.organizationID, state)
  }
}
