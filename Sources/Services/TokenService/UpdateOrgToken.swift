internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

extension PosternServices {
  // For administrators of the organization and operators.
  func updateOrgToken(
    _ request: PosternV1.UpdateOrgTokenRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.UpdateOrgTokenResponse.Builder
  ) throws(Status) {
    let id = try Fields.tokenID(request.tokenID)
    var update = try OrgTokenUpdate(request, nowNanoseconds: draft.nowNanoseconds)
    try requireOrgToken(id, for: "org_token.update", by: caller, in: draft)
    let latest = try latestEnd(ofIssuedBy: caller, draft)
    try compare(&update, request, with: id, latest: latest, in: draft)
    if !update.changes.isEmpty {
      draft.updateToken(id, update.values(of: request), by: caller.actor)
    }
    if let record = draft.token(id) { writeToken(record, from: draft, into: response.makeToken()) }
  }

  /// Drops the changes that the token has already, and refuses the update if the token has ended or
  /// the new name is taken.
  private func compare(
    _ update: inout OrgTokenUpdate, _ request: PosternV1.UpdateOrgTokenRequest,
    with id: TokenID, latest: Int64?, in draft: borrowing Draft
  ) throws(Status) {
    guard let token = draft.token(id) else { preconditionFailure("the token was found before") }
    let state = token.state(at: draft.time)
    guard state == .active || state == .disabled else { throw unchangeable(state) }
    try update.compare(request, with: token, nowNanoseconds: draft.nowNanoseconds)
    try update.require(latest: latest, of: token)
    if update.changes.contains(.name) {
      try requireFreeName(request.name, in: token.organizationID, draft)
    }
  }
}

extension OrgTokenUpdate {
  /// What changes, with the texts of the request.
  @_lifetime(copy request)
  func values(of request: PosternV1.UpdateOrgTokenRequest) -> TokenUpdate {
    TokenUpdate(
      changes, name: request.name, description: request.description, scopes: scopes,
      expiresAtNanoseconds: expiry, isDisabled: isDisabled,
      previousSecretExpiresAtNanoseconds: previousSecretExpiry)
  }
}
