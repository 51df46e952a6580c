internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators. The last administrator stays one.
  func setAdministrator(
    _ request: PosternV1.SetAdministratorRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.SetAdministratorResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.userID(request.userID)
    try authorize(caller, "organization_user.grant_admin", Target(organization.bytes), draft)
    try requireOrganization(organization.bytes, draft)
    try requireUser(organization.bytes, user.bytes, draft)
    let isAdministrator = draft.user(organization.bytes, user.bytes)?.isAdministrator ?? false
    if isAdministrator != request.administrator {
      if isAdministrator { try requireAnotherAdministrator(organization.bytes, draft) }
      draft.append(by: caller.actor) { entry in
        let change = entry.makeAdministratorSet()
        change.setOrganizationID(organization.bytes)
        change.setUserID(user.bytes)
        change.setAdministrator(request.administrator)
      }
    }
    if let record = draft.user(organization.bytes, user.bytes) {
      write(record, organization.bytes, user.bytes, into: response.makeUser())
    }
  }

  /// Refuses to leave an organization without an administrator.
  func requireAnotherAdministrator(
    _ organization: Span<UInt8>, _ draft: borrowing Draft
  ) throws(Status) {
    guard let record = draft.organization(organization), record.administratorCount < 2 else {
      return
    }
    throw Status(
      .failedPrecondition, "the last administrator of an organization can't be removed or demoted",
      reason: "LAST_ADMINISTRATOR")
  }
}
