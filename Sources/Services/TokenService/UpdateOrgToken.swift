internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

extension PosternServices {
  // For administrators of the organization and operators.
  func updateOrgToken(
    _ request: PosternV1.UpdateOrgTokenRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.UpdateOrgTokenResponse.Builder
  ) throws(Status) {
    let id = try Fields.tokenID(request.tokenID)
    var update = try OrgTokenUpdate(request, nowNanoseconds: draft.nowNanoseconds)
    try requireOrgToken(id, "org_token.update", caller, draft)
    let latest = try latestEnd(ofIssuedBy: caller, draft)
    let old = try compare(&update, request, id, latest: latest, draft)
    if !update.changes.isEmpty {
      let identifier = id.bytes
      draft.append(by: caller.actor) { entry in
        let updated = entry.makeTokenUpdated()
        updated.setTokenID(identifier.span)
        updated.setOrganizationID(old.organizationID.span)
        update.write(request, into: updated)
        old.write(update.changes, into: updated)
      }
    }
    if let record = draft.token(id) { writeToken(record, from: draft, into: response.makeToken()) }
  }

  /// Leaves out what is so already, and refuses what can't be: the token must not have ended, and a
  /// new name must be free. Returns the token as it is.
  private func compare(
    _ update: inout OrgTokenUpdate, _ request: PosternV1.UpdateOrgTokenRequest, _ id: TokenID,
    latest: Int64?, _ draft: borrowing Draft
  ) throws(Status) -> RecordedToken {
    guard let token = draft.token(id) else { preconditionFailure("the token was found before") }
    let state = token.state(at: draft.time)
    guard state == .active || state == .disabled else { throw unchangeable(state) }
    try update.compare(request, with: token, nowNanoseconds: draft.nowNanoseconds)
    try update.require(latest: latest, of: token)
    if update.changes.contains(.name) {
      try requireFreeName(request.name, in: token.organizationID, draft)
    }
    return RecordedToken(token, at: draft.time)
  }
}

extension OrgTokenUpdate {
  /// Writes what changes into the log's entry.
  func write(
    _ request: PosternV1.UpdateOrgTokenRequest, into entry: PosternStorageV1.TokenUpdated.Builder
  ) {
    entry.setChanged(UInt32(changes.rawValue))
    if changes.contains(.name) { entry.setName(request.name) }
    if changes.contains(.scopes) { entry.setScopes(UInt32(scopes.rawValue)) }
    if changes.contains(.description) { entry.setDescription(request.description) }
    if changes.contains(.expiry) { entry.setExpiresAtNanoseconds(expiry) }
    if changes.contains(.isDisabled) { entry.setDisabled(isDisabled) }
    if changes.contains(.previousSecretExpiry) {
      entry.setPreviousSecretExpiresAtNanoseconds(previousSecretExpiry)
    }
  }
}
