internal import Identifiers
internal import Ledger
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
