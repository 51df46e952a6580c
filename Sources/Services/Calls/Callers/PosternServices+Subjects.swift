internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

extension PosternServices {
  /// Looks up the subject of a question. It is the bearer of a token, and every process that has
  /// the secret may ask; or a user without a token, and then the caller must be an operator or
  /// issuer, the user itself, or an administrator of its organization.
  @_lifetime(copy secret, copy user, borrow snapshot)
  func findSubject(
    bySecret secret: Span<UInt8>, orUser user: PosternV1.UserReference?, for call: Call,
    in snapshot: borrowing Snapshot
  ) throws(Status) -> FoundSubject {
    guard let user else {
      guard let token = activeToken(secret, in: snapshot), let kind = token.kind else {
        return .inactive
      }
      snapshot.noteUse(token)
      return .known(Subject(token, kind), tokenID: TokenSecret.idText(of: secret))
    }
    guard secret.isEmpty else {
      throw Fields.invalid("give exactly one of `token_secret` and `user`", "token_secret")
    }
    let organization = try Fields.organizationID(user.organizationID, "user.organization_id")
    let id = try Fields.userID(user.userID, "user.user_id")
    let caller = try authenticate(call, in: snapshot)
    if caller.kind != .peer || caller.peer.role == .client {
      let target = Target(in: organization, user: id)
      try authorize(caller, "user_token.get", on: target, in: snapshot)
    }
    guard snapshot.user(organization, id) != nil else {
      return .unknownUser(organizationID: organization, userID: id)
    }
    return .known(
      Subject(
        kind: .user, role: .client, organizationID: organization, userID: id, scopes: []),
      tokenID: secret)
  }
}
