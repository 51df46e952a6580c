internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators. The user's tokens are revoked first; team
  // memberships and write permissions end with it.
  func deleteUser(
    _ request: PosternV1.DeleteUserRequest, from start: Continuation?, by caller: Caller,
    in draft: inout Draft, into response: PosternV1.DeleteUserResponse.Builder
  ) throws(Status) -> StepEnd {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.userID(request.userID)
    try authorize(caller, "organization_user.delete", on: Target(in: organization), in: draft)
    try requireOrganization(organization, in: draft)
    guard let isAdministrator = draft.user(organization, user)?.isAdministrator else {
      return .done
    }
    if isAdministrator { try requireAnotherAdministrator(of: organization, in: draft) }
    let subject = Self.subject(organization, user: user)
    if start?.position != Self.tokensAreRevoked {
      if let next = revokeSome(of: organization, user: user, from: start, by: caller, &draft) {
        return .continues(Continuation(subject: subject, position: next))
      }
    }
    guard !removeSomeWriters(.user(user), in: organization, by: caller, &draft) else {
      return .continues(Continuation(subject: subject, position: Self.tokensAreRevoked))
    }
    draft.deleteUser(user, of: organization, by: caller.actor)
    return .done
  }
}
