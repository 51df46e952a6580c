internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

/// The user, org token or process that makes a call, once the bearer token has been looked up.
///
/// A call with a bearer token has the rights of that token and no others, whatever the role of its
/// process: a mistyped or expired token can't fall back to the process's rights. A call without one
/// has the rights of its process.
struct Caller {
  let kind: SubjectKind
  let peer: Peer
  /// The bytes of the organization's id; empty for a process.
  let organization: [UInt8]
  /// The bytes of the user's id; empty for a process and for an org token.
  let user: [UInt8]
  let tokenID: TokenID?
  /// The hash of the secret that was presented, which a rotation may end before the token does; nil
  /// for a process.
  let credential: SHA256.Digest?
  let scopes: TokenScopes
  /// The path of the program that the process runs; empty where it isn't known.
  let executable: [UInt8]

  /// A process by itself.
  init(_ call: Call) {
    kind = .peer
    peer = call.peer
    executable = Array(copying: call.executable)
    organization = []
    user = []
    tokenID = nil
    credential = nil
    scopes = []
  }

  /// The bearer of an active token.
  init(_ call: Call, _ token: TokenRecord) {
    kind = token.kind == .user ? .user : .orgToken
    peer = call.peer
    executable = Array(copying: call.executable)
    organization = Array(copying: token.organizationID.bytes)
    user = Array(copying: UserID.bytes(of: token.userID))
    tokenID = token.id
    credential = SHA256.Digest(copying: token.presentedHash)
    scopes = token.scopes
  }

  /// The caller as the log names it.
  var actor: Actor {
    Actor(
      organizationID: organization, userID: user, tokenID: tokenID,
      processUserID: peer.userID, processGroupID: peer.groupID, processID: peer.processID,
      executable: executable)
  }

  /// Whether it is a process that may do everything.
  var isOperator: Bool { kind == .peer && peer.role == .operator }

  /// Whether it is the bearer of a token of this user.
  func isUser(_ id: UserID, of organization: OrganizationID) -> Bool {
    kind == .user && belongs(to: organization) && user.span.isEqual(to: id.bytes)
  }

  /// Whether it is the bearer of a token of this organization.
  func belongs(to id: OrganizationID) -> Bool { organization.span.isEqual(to: id.bytes) }

  /// The organization of its token; nil for a process.
  var organizationID: OrganizationID? {
    @_lifetime(borrow self)
    borrowing get { OrganizationID(storedOrEmpty: organization.span) }
  }

  /// The user of its token; nil for a process and for an org token.
  var userID: UserID? {
    @_lifetime(borrow self)
    borrowing get { UserID(storedOrEmpty: user.span) }
  }

  /// The subject that the evaluator decides on.
  var subject: Subject {
    @_lifetime(borrow self)
    borrowing get {
      Subject(
        kind: kind, role: kind == .peer ? peer.role : .client,
        organizationID: organizationID, userID: userID, scopes: scopes)
    }
  }
}
