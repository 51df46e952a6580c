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

/// A message that names roles of a user.
protocol RoleList: ~Escapable {
  var rolesCount: Int { get }
  @_lifetime(copy self)
  func roles(at index: Int) -> Span<UInt8>
}

extension PosternV1.SetUserRolesRequest: RoleList {}
extension PosternV1.User: RoleList {}

extension RoleList where Self: ~Escapable {
  /// The roles in ascending byte order, as the ledger keeps them.
  var sortedRoles: [[UInt8]] {
    var roles: [[UInt8]] = []
    for index in 0..<rolesCount { roles.append(Array(copying: self.roles(at: index))) }
    return roles.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// The fault of the list, as the rest of a sentence that begins with its name; nil for none.
  func problem(by policy: Policy) -> String? {
    guard rolesCount <= maximumRoles else { return "must hold at most \(maximumRoles) roles" }
    for index in 0..<rolesCount {
      let role = roles(at: index)
      if role.isEqual(to: "administrator") {
        return "can't hold `administrator`, which is not a role"
      }
      // Not repeated: it may be of any length.
      guard policy.isRole(role) else { return "holds one that the policy doesn't know" }
      for other in 0..<index where roles(at: other).isEqual(to: role) {
        return "holds `\(String(copying: role))` twice"
      }
    }
    return nil
  }
}

/// The most roles of one user, which bounds what asking for one costs.
let maximumRoles = 32
