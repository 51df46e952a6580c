internal import Ledger
internal import Permissions
internal import RPC
internal import Tokens

/// On whom the evaluator decides, borrowed from wherever it was read.
struct Subject: ~Escapable {
  let kind: SubjectKind
  /// The role of a process; `client` for a user or an org token.
  let role: Role
  let organizationID: Span<UInt8>
  let userID: Span<UInt8>
  let scopes: TokenScopes

  @_lifetime(copy organizationID, copy userID)
  init(
    kind: SubjectKind, role: Role, organizationID: Span<UInt8>, userID: Span<UInt8>,
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
}
