internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func setUserRoles(
    _ request: PosternV1.SetUserRolesRequest, _ caller: Caller, _ draft: inout Draft,
    _ response: PosternV1.SetUserRolesResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.userID(request.userID)
    if let problem = request.problem(by: policy) {
      throw Fields.invalid("`roles` \(problem)", "roles")
    }
    let roles = request.sortedRoles
    try authorize(caller, "organization_user.set_roles", Target(organization.bytes), draft)
    try requireOrganization(organization.bytes, draft)
    try requireUser(organization.bytes, user.bytes, draft)
    var present: [[UInt8]] = []
    draft.user(organization.bytes, user.bytes)?.forEachRole { present.append(Array(copying: $0)) }
    if present != roles {
      draft.append(by: caller.actor) { entry in
        let change = entry.makeUserRolesSet()
        change.setOrganizationID(organization.bytes)
        change.setUserID(user.bytes)
        for role in roles { change.addRoles(role.span) }
      }
    }
    if let record = draft.user(organization.bytes, user.bytes) {
      write(record, organization.bytes, user.bytes, into: response.makeUser())
    }
  }
}
