internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import Platform
internal import RPC
internal import Tokens

extension PosternServices {
  /// Refuses the call unless there is such an org token, and the caller may do the action to it.
  ///
  /// An id that is unknown, one of a user token and one of another organization get one answer, so
  /// that ids can't be probed.
  func requireOrgToken(
    _ id: TokenID, for action: StaticString, by caller: Caller, in draft: borrowing Draft
  ) throws(Status) {
    if let token = draft.token(id), token.kind == .organization {
      let decision = decision(
        on: policy.action(named: action), by: caller.subject,
        to: Target(in: token.organizationID), in: draft)
      if decision.isAllowed, sees(caller, token, for: action, in: draft) {
        return
      }
      draft.tokenUses.noteTrespass()
    }
    try authorize(caller, action, on: Target(in: caller.organizationID), in: draft)
    let text = id.text
    throw notFound("org token", text.span)
  }

  /// Refuses the call when the organization has an org token of that name.
  func requireFreeName(
    _ name: Span<UInt8>, in organization: OrganizationID, _ draft: borrowing Draft
  ) throws(Status) {
    guard draft.orgTokenID(named: name, in: organization) != nil else { return }
    throw Status(
      .alreadyExists, "the organization has an org token `\(String(copying: name))`",
      reason: "ALREADY_EXISTS", metadata: [("field", "name")])
  }

  /// The refusal of a change to a token whose state doesn't allow it.
  func unchangeable(_ state: TokenState) -> Status {
    Status(
      .failedPrecondition, "the token is \(state.name)", reason: "TOKEN_NOT_ACTIVE",
      metadata: [("state", "\(state.name)")])
  }

  /// Lends a fresh secret for a token, from the system's generator, and wipes it after.
  func withNewSecret(
    _ kind: TokenKind, of id: TokenID, _ body: (borrowing TokenSecret) -> Void
  ) {
    var random = InlineArray<20, UInt8>(repeating: 0)
    var bytes = random.mutableSpan
    SystemRandom.fill(&bytes)
    TokenSecret.withNew(kind: kind, id: id, random: random.span, body)
    random = InlineArray(repeating: 0)
  }
}
