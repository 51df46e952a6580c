internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For the token's user, an administrator of its organization, or an operator. A token
  // that the caller may not see gets the answer for an unknown one, so that ids can't be probed.
  func getToken(
    _ request: PosternV1.GetTokenRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.GetTokenResponse.Builder
  ) throws(Status) {
    let id = try Fields.tokenID(request.tokenID)
    let caller = try authenticate(call, in: snapshot)
    if caller.kind == .peer, !caller.isOperator {
      throw Status(.unauthenticated, "a bearer token is needed", reason: "TOKEN_REQUIRED")
    }
    guard let token = snapshot.token(id) else { throw notFound("token", request.tokenID) }
    let target = Target(in: token.organizationID, user: token.userID)
    let decision = decision(
      on: policy.action(named: "user_token.get"), by: caller.subject, to: target, in: snapshot)
    guard decision.isAllowed, sees(caller, token, for: "user_token.get", in: snapshot) else {
      if !caller.belongs(to: token.organizationID) { snapshot.tokenUses.noteTrespass() }
      throw notFound("token", request.tokenID)
    }
    writeToken(token, from: snapshot, into: response.makeToken())
  }
}
