internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators. The last administrator stays one.
  func setAdministrator(
    _ request: PosternV1.SetAdministratorRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.SetAdministratorResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.userID(request.userID)
    try authorize(caller, "organization_user.grant_admin", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    try requireUser(user, of: organization, in: draft)
    let isAdministrator = draft.user(organization, user)?.isAdministrator ?? false
    if isAdministrator != request.administrator {
      if isAdministrator { try requireAnotherAdministrator(of: organization, in: draft) }
      draft.setAdministrator(request.administrator, user, of: organization, by: caller.actor)
    }
    if let record = draft.user(organization, user) {
      writeUser(user, of: organization, record, into: response.makeUser())
    }
  }

  /// Refuses to leave an organization without an administrator.
  func requireAnotherAdministrator(
    of organization: OrganizationID, in draft: borrowing Draft
  ) throws(Status) {
    guard let record = draft.organization(organization), record.administratorCount < 2 else {
      return
    }
    throw Status(
      .failedPrecondition, "the last administrator of an organization can't be removed or demoted",
      reason: "LAST_ADMINISTRATOR")
  }
}
