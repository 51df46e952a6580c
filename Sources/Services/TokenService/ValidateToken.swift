internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

extension PosternServices {
  // Open to every process that can connect: having the secret is enough.
  //
  // RFC 7662, 2.2: a token that is not active answers `active: false` and nothing else, so that an
  // answer never tells a revoked token from one that was made up.
  func validateToken(
    _ request: PosternV1.ValidateTokenRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ValidateTokenResponse.Builder
  ) throws(Status) {
    guard let token = activeToken(request.secret, in: snapshot) else { return }
    snapshot.noteUse(token)
    response.setActive(true)
    response.setUserID(UserID.bytes(of: token.userID))
    response.setOrganizationID(token.organizationID.bytes)
    if token.expiresAtNanoseconds != 0 {
      response.makeExpiresAt().set(nanoseconds: token.expiresAtNanoseconds)
    }
    response.setTokenID(TokenSecret.idText(of: request.secret))
    response.setKind(token.kind == .user ? .user : .org)
    if token.kind == .organization {
      response.setName(token.name)
      for scope in Self.scopes where token.scopes.contains(scope.bit) {
        response.addScopes(scope.value)
      }
    }
    if request.wantsKeep, let kept = keep(of: token.id, in: nil, .active, for: call, snapshot) {
      response.makeKeep().set(kept)
    }
  }
}
