internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators. The user's tokens are revoked first; team
  // memberships and write permissions end with it.
  func deleteUser(
    _ request: PosternV1.DeleteUserRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.DeleteUserResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.userID(request.userID)
    try authorize(caller, "organization_user.delete", Target(organization.bytes), draft)
    try requireOrganization(organization.bytes, draft)
    guard let found = try deletable(organization.bytes, user.bytes, draft) else { return }
    let subject = Self.subject(organization.bytes, user: user.bytes)
    if continuation?.position != Self.tokensAreRevoked {
      if let next = revokeSome(organization.bytes, user: user.bytes, by: caller, &draft) {
        draft.continuation = Continuation(subject: subject, position: next)
        return
      }
    }
    guard !removeSomeWriters(organization.bytes, .user(user.bytes), by: caller, &draft) else {
      draft.continuation = Continuation(subject: subject, position: Self.tokensAreRevoked)
      return
    }
    draft.append(by: caller.actor) { entry in
      let deleted = entry.makeUserDeleted()
      deleted.setOrganizationID(organization.bytes)
      deleted.setUserID(user.bytes)
      deleted.setDisplayName(found.name.span)
      deleted.setAdministrator(found.isAdministrator)
    }
  }

  private func deletable(
    _ organization: Span<UInt8>, _ user: Span<UInt8>, _ draft: borrowing Draft
  ) throws(Status) -> (name: [UInt8], isAdministrator: Bool)? {
    guard let record = draft.user(organization, user) else { return nil }
    if record.isAdministrator { try requireAnotherAdministrator(organization, draft) }
    return (Array(copying: record.displayName), record.isAdministrator)
  }
}
