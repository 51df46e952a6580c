internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func setUserRoles(
    _ request: PosternV1.SetUserRolesRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.SetUserRolesResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.userID(request.userID)
    if let problem = request.problem(by: policy) {
      throw Fields.invalid("`roles` \(problem)", "roles")
    }
    let roles = request.sortedRoles
    try authorize(caller, "organization_user.set_roles", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    try requireUser(user, of: organization, in: draft)
    var present: [[UInt8]] = []
    draft.user(organization, user)?.forEachRole { present.append(Array(copying: $0)) }
    if present != roles {
      draft.setRoles(roles, of: user, in: organization, by: caller.actor)
    }
    if let record = draft.user(organization, user) {
      writeUser(user, of: organization, record, into: response.makeUser())
    }
  }
}
