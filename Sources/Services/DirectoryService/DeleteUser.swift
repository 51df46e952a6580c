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
    try authorize(caller, "organization_user.delete", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    guard let found = try deletable(user, of: organization, in: draft) else { return }
    let subject = Self.subject(organization, user: user)
    if continuation?.position != Self.tokensAreRevoked {
      if let next = revokeSome(of: organization, user: user, by: caller, &draft) {
        draft.continuation = Continuation(subject: subject, position: next)
        return
      }
    }
    guard !removeSomeWriters(.user(user), in: organization, by: caller, &draft) else {
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
    _ user: UserID, of organization: OrganizationID, in draft: borrowing Draft
  ) throws(Status) -> (name: [UInt8], isAdministrator: Bool)? {
    guard let record = draft.user(organization, user) else { return nil }
    if record.isAdministrator { try requireAnotherAdministrator(of: organization, in: draft) }
    return (Array(copying: record.displayName), record.isAdministrator)
  }
}
