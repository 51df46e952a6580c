internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators. All or none: everything is checked before
  // the first invitation is appended.
  func inviteUsers(
    _ request: PosternV1.InviteUsersRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.InviteUsersResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    guard (1...Self.maximumInvited).contains(request.usersCount) else {
      throw Fields.invalid("`users` must hold 1 to \(Self.maximumInvited) users", "users")
    }
    var ids: Set<[UInt8]> = []
    for index in 0..<request.usersCount {
      let user = request.users(at: index)
      let id = try Fields.userID(user.userID, "users.user_id")
      _ = try Fields.text(user.displayName, "users.display_name")
      guard ids.insert(Array(copying: id.bytes)).inserted else {
        throw Fields.invalid("`users` names `\(String(copying: id.bytes))` twice", "users")
      }
    }
    try authorize(caller, "organization.invite_users", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    var absent: [Int] = []
    for index in 0..<request.usersCount {
      let user = request.users(at: index)
      let id = UserID(stored: user.userID)
      if try !isInvited(id, to: organization, as: user.displayName, draft) { absent.append(index) }
    }

    for index in absent {
      let user = request.users(at: index)
      draft.inviteUser(
        UserID(stored: user.userID), to: organization, named: user.displayName, by: caller.actor)
    }
    for index in 0..<request.usersCount {
      let id = UserID(stored: request.users(at: index).userID)
      guard let record = draft.user(organization, id) else { continue }
      writeUser(id, of: organization, record, into: response.addUsers())
    }
  }

  /// The most users that one call invites.
  private static var maximumInvited: Int { 1000 }
}
