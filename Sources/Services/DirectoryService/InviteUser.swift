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
    try authorize(caller, "organization.invite_user", Target(organization.bytes), draft)
    try requireOrganization(organization.bytes, draft)
    if try !isInvited(organization.bytes, user.bytes, as: name.bytes, draft) {
      invite(organization.bytes, user.bytes, as: name.bytes, caller, &draft)
    }
    if let record = draft.user(organization.bytes, user.bytes) {
      write(record, organization.bytes, user.bytes, into: response.makeUser())
    }
  }

  /// Appends the invitation of a user who is not there.
  func invite(
    _ organization: Span<UInt8>, _ user: Span<UInt8>, as name: Span<UInt8>, _ caller: Caller,
    _ draft: inout Draft
  ) {
    draft.append(by: caller.actor) { entry in
      let invited = entry.makeUserInvited()
      invited.setOrganizationID(organization)
      invited.setUserID(user)
      invited.setDisplayName(name)
    }
  }

  /// Whether the user is there just so; one who is there and differs is an error.
  func isInvited(
    _ organization: Span<UInt8>, _ user: Span<UInt8>, as name: Span<UInt8>,
    _ draft: borrowing Draft
  ) throws(Status) -> Bool {
    guard let record = draft.user(organization, user) else { return false }
    guard record.displayName.isEqual(to: name) else { throw alreadyExists("user", user) }
    return true
  }
}
