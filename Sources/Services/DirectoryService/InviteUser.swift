internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func inviteUser(
    _ request: PosternV1.InviteUserRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.InviteUserResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.userID(request.userID)
    let name = try Fields.text(request.displayName, "display_name")
    try authorize(caller, "organization.invite_user", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    if try !isInvited(user, to: organization, as: name.bytes, draft) {
      draft.inviteUser(user, to: organization, named: name.bytes, by: caller.actor)
    }
    if let record = draft.user(organization, user) {
      writeUser(user, of: organization, record, into: response.makeUser())
    }
  }

  /// Whether the organization has the user under this name; refuses a user of another name.
  func isInvited(
    _ user: UserID, to organization: OrganizationID, as name: Span<UInt8>,
    _ draft: borrowing Draft
  ) throws(Status) -> Bool {
    guard let record = draft.user(organization, user) else { return false }
    guard record.displayName.isEqual(to: name) else { throw alreadyExists("user", user.bytes) }
    return true
  }
}
