internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators. A large group is invited in steps,
  // between which other commands have their turn; each first checks all who are left.
  func inviteUsers(
    _ request: PosternV1.InviteUsersRequest, from start: Continuation?, by caller: Caller,
    in draft: inout Draft, into response: PosternV1.InviteUsersResponse.Builder
  ) throws(Status) -> StepEnd {
    let organization = try Fields.organizationID(request.organizationID)
    var first = 0
    if let start {
      // The caller's token may have been revoked since.
      _ = try endNanoseconds(of: caller, draft)
      first = Int(start.position.span.integer(UInt64.self, at: 0))
    } else {
      try requireUsers(of: request)
    }
    try authorize(caller, "organization.invite_users", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    var absent: [Int] = []
    for index in first..<request.usersCount {
      let user = request.users(at: index)
      let id = UserID(stored: user.userID)
      if try !isInvited(id, to: organization, as: user.displayName, draft) { absent.append(index) }
    }

    var budget = AppendBudget(nanoseconds: limits.stepNanoseconds)
    for index in absent {
      guard budget.admitsNext() else {
        var position = ByteBuffer()
        position.append(littleEndian: UInt64(index))
        // It removes nothing, so nothing has to be kept away from it.
        return .continues(
          Continuation(subject: [], position: Array(copying: position.bytes)))
      }
      let user = request.users(at: index)
      draft.inviteUser(
        UserID(stored: user.userID), to: organization, named: user.displayName, by: caller.actor)
    }
    for index in 0..<request.usersCount {
      let id = UserID(stored: request.users(at: index).userID)
      guard let record = draft.user(organization, id) else { continue }
      writeUser(id, of: organization, record, into: response.addUsers())
    }
    return .done
  }

  /// Refuses users who can't be invited, or not together.
  private func requireUsers(of request: PosternV1.InviteUsersRequest) throws(Status) {
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
  }

  /// The most users that one call invites.
  private static var maximumInvited: Int { 1000 }
}
