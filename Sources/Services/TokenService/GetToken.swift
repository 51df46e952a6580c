internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For the token's user, an administrator of its organization, or an operator. What the caller may
  // not see is answered like what is not there, so that ids can't be probed.
  func getToken(
    _ request: PosternV1.GetTokenRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.GetTokenResponse.Builder
  ) throws(Status) {
    let id = try Fields.tokenID(request.tokenID)
    let caller = try authenticate(call, snapshot)
    if caller.kind == .peer, !caller.isOperator {
      throw Status(.unauthenticated, "a bearer token is needed", reason: "TOKEN_REQUIRED")
    }
    guard let token = snapshot.token(id) else { throw notFound("token", request.tokenID) }
    let target = Target(token.organizationID, userID: token.userID)
    let decision = decide(
      policy.action(named: "user_token.get"), caller.subject, target, snapshot)
    guard decision.isAllowed, sees(caller, "user_token.get", token, snapshot) else {
      let isForeign = !token.organizationID.isEqual(to: caller.organizationID.span)
      if isForeign { snapshot.tokenUses.noteTrespass() }
      throw notFound("token", request.tokenID)
    }
    write(token, snapshot, into: response.makeToken())
  }
}
