internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions

// Ids are used again: an organization that is created under the id of a deleted one is another, and
// so is a user who is invited again. The log, tokens that are not swept yet and their usage still
// hold what was of the one before, which is the operators' alone to see.
extension PosternServices {
  /// The revision from which on a caller may see what there is of an organization: its creation,
  /// for one who may do the action whomever it is about, else the invitation of the caller itself.
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

  /// Whether a caller who may do the action sees that there is, or was, the token.
  func sees<State: LedgerState & ~Copyable>(
    _ caller: Caller, _ token: TokenRecord, for action: StaticString, in state: borrowing State
  ) -> Bool {
    token.issuedRevision >= horizon(of: caller, for: action, in: token.organizationID, state)
  }
}
