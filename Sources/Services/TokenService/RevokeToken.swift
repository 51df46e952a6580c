internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

extension PosternServices {
  // By the secret: every process that has it. By the id: oneself, an administrator or an operator
  // for a user token; an administrator or an operator for an org token.
  //
  // RFC 7009, 2.2: revoking what is unknown or revoked already succeeds.
  func revokeToken(
    _ request: PosternV1.RevokeTokenRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.RevokeTokenResponse.Builder
  ) throws(Status) {
    guard request.secret.isEmpty != request.tokenID.isEmpty else {
      throw Fields.invalid("give exactly one of `secret` and `token_id`", "secret")
    }
    let found: TokenID? =
      request.tokenID.isEmpty
      ? knownToken(request.secret, in: draft)?.id
      : try token(of: Fields.tokenID(request.tokenID), revocableBy: caller, draft)
    if let id = found { draft.revokeToken(id, by: caller.actor) }
  }

  /// The id, if the caller may revoke the token. A caller that may revoke nothing gets the same
  /// answer as for an unknown token, and so does every caller for a token of another organization:
  /// ids can't be probed. A caller that is told that an unknown token is gone is refused for a
  /// token of its own organization that it may not revoke, so that it doesn't take it for revoked.
  private func token(
    of id: TokenID, revocableBy caller: Caller, _ draft: borrowing Draft
  ) throws(Status) -> TokenID? {
    guard let token = draft.token(id) else {
      try authorize(caller, "user_token.revoke", on: Target(in: caller.organizationID), in: draft)
      return nil
    }
    let action: StaticString =
      token.kind == .organization ? "org_token.delete" : "user_token.revoke"
    let target = Target(in: token.organizationID, user: token.userID)
    let isSeen = sees(caller, token, for: action, in: draft)
    let decision = decision(
      on: policy.action(named: action), by: caller.subject, to: target, in: draft)
    if isSeen, decision.isAllowed { return id }
    draft.tokenUses.noteTrespass()
    try authorize(caller, "user_token.revoke", on: Target(in: caller.organizationID), in: draft)
    if isSeen, caller.kind == .peer || caller.belongs(to: token.organizationID) {
      try authorize(caller, action, on: target, in: draft)
    }
    return nil
  }
}
