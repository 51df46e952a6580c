internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

/// The user, org token or process that the evaluator decides on, borrowed from where it was read.
struct Subject: ~Escapable {
  let kind: SubjectKind
  /// The role of a process; `client` for a user or an org token.
  let role: Role
  /// Nil for a process.
  let organizationID: OrganizationID?
  /// Nil for a process and for an org token.
  let userID: UserID?
  let scopes: TokenScopes

  @_lifetime(copy organizationID, copy userID)
  init(
    kind: SubjectKind, role: Role, organizationID: OrganizationID?, userID: UserID?,
    scopes: TokenScopes
  ) {
    self.kind = kind
    self.role = role
    self.organizationID = organizationID
    self.userID = userID
    self.scopes = scopes
  }

  /// The bearer of a token.
  @_lifetime(copy token)
  init(_ token: TokenRecord, _ kind: TokenKind) {
    self.init(
      kind: kind == .user ? .user : .orgToken, role: .client,
      organizationID: token.organizationID, userID: token.userID, scopes: token.scopes)
  }

  /// Whether it belongs to the organization that is acted in.
  func belongs(to target: Target) -> Bool {
    guard let own = organizationID, let other = target.organizationID else { return false }
    return own == other
  }

  /// Whether it is the user that the action is about.
  func isUser(of target: Target) -> Bool {
    guard let own = userID, let other = target.userID else { return false }
    return own == other
  }
}

/// The subject of a question, once it was looked up.
enum FoundSubject: ~Escapable {
  /// The token is unknown or not active; which of the two, the answer doesn't say.
  case inactive
  case unknownUser(organizationID: OrganizationID, userID: UserID)
  /// A user or the bearer of a token, whose id is empty for a user without one.
  case known(Subject, tokenID: Span<UInt8>)
}

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
      if call.countsUses { snapshot.noteUse(token) }
      return .known(Subject(token, kind), tokenID: TokenSecret.idText(of: secret))
    }
    // The answer depends on the caller too.
    snapshot.comparisons?.refuseKeeping()
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
