internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

/// Who makes a call, once the bearer token has been looked up.
///
/// A call with a bearer token has the rights of that token and no others, whatever the role of its
/// process: a mistyped or expired one can't fall back to the process's rights. A call without one
/// has the rights of its process.
struct Caller {
  let kind: SubjectKind
  let peer: Peer
  /// Empty for a process.
  let organizationID: [UInt8]
  /// Empty for a process and for an org token.
  let userID: [UInt8]
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
    organizationID = []
    userID = []
    tokenID = nil
    credential = nil
    scopes = []
  }

  /// The bearer of an active token.
  init(_ call: Call, _ token: TokenRecord) {
    kind = token.kind == .user ? .user : .orgToken
    peer = call.peer
    executable = Array(copying: call.executable)
    organizationID = Array(copying: token.organizationID)
    userID = Array(copying: token.userID)
    tokenID = token.id
    credential = SHA256.Digest(copying: token.presentedHash)
    scopes = token.scopes
  }

  /// The caller as the log names it.
  var actor: Actor {
    Actor(
      organizationID: organizationID, userID: userID, tokenID: tokenID,
      processUserID: peer.userID, processGroupID: peer.groupID, processID: peer.processID,
      executable: executable)
  }

  /// Whether it is a process that may do everything.
  var isOperator: Bool { kind == .peer && peer.role == .operator }

  /// Whether it is the bearer of a token of this user.
  func isUser(_ user: Span<UInt8>, of organization: Span<UInt8>) -> Bool {
    kind == .user && organizationID.span.isEqual(to: organization)
      && userID.span.isEqual(to: user)
  }

  /// The subject that the evaluator decides on.
  var subject: Subject {
    @_lifetime(borrow self)
    borrowing get {
      Subject(
        kind: kind, role: kind == .peer ? peer.role : .client,
        organizationID: organizationID.span, userID: userID.span, scopes: scopes)
    }
  }
}
