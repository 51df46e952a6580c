internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func inviteUser(
    _ request: PosternV1.InviteUserRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.InviteUserResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.userID(request.userID)
    let name = try Fields.text(request.displayName, "display_name")
    try authorize(caller, "organization.invite_user", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    if try !isInvited(user, to: organization, as: name.bytes, draft) {
      invite(user, to: organization, as: name.bytes, caller, &draft)
    }
    if let record = draft.user(organization, user) {
      writeUser(user, of: organization, record, into: response.makeUser())
    }
  }

  /// Appends the invitation of a user who is not there.
  func invite(
    _ user: UserID, to organization: OrganizationID, as name: Span<UInt8>, _ caller: Caller,
    _ draft: inout Draft
  ) {
    draft.append(by: caller.actor) { entry in
      let invited = entry.makeUserInvited()
      invited.setOrganizationID(organization.bytes)
      invited.setUserID(user.bytes)
      invited.setDisplayName(name)
    }
  }

  /// Whether the user is there just so; one who is there and differs is an error.
  func isInvited(
    _ user: UserID, to organization: OrganizationID, as name: Span<UInt8>,
    _ draft: borrowing Draft
  ) throws(Status) -> Bool {
    guard let record = draft.user(organization, user) else { return false }
    guard record.displayName.isEqual(to: name) else { throw alreadyExists("user", user.bytes) }
    return true
  }
}
