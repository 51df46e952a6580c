internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For operators. An organization has an administrator from its first revision on.
  func createOrganization(
    _ request: PosternV1.CreateOrganizationRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.CreateOrganizationResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let name = try Fields.text(request.displayName, "display_name")
    let administrator = try Fields.userID(
      request.administratorUserID, "administrator_user_id")
    try requireOperator(caller, "creating an organization")
    guard draft.organization(organization) == nil else {
      throw alreadyExists("organization", organization.bytes)
    }
    draft.createOrganization(organization, named: name.bytes, by: caller.actor)
    draft.inviteUser(
      administrator, to: organization, isAdministrator: true, by: caller.actor)
    writeOrganization(organization, from: draft, into: response.makeOrganization())
  }

  func alreadyExists(_ what: StaticString, _ id: Span<UInt8>) -> Status {
    Status(
      .alreadyExists, "the \(what) `\(String(copying: id))` exists already",
      reason: "ALREADY_EXISTS", metadata: [("type", "\(what)")])
  }
}
