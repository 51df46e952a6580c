package import Ledger
internal import Messages
package import RPC

extension PosternServices {
  /// The key under which a call is counted as a denied attempt; nil if it was none. An attempt is a
  /// call that would change something and failed for lack of rights, and every call that tried to
  /// read what its caller may not see, whatever the answer: that is a trespass.
  package func denialKey<State: LedgerState & ~Copyable>(
    of method: Method, for call: Call, status: Status?, in state: borrowing State,
    isTrespass: Bool = false
  ) -> DenialKey? {
    var code = StatusCode.permissionDenied
    if !isTrespass {
      guard method.changesSomething, let status,
        status.code == .permissionDenied || status.code == .unauthenticated
      else { return nil }
      code = status.code
    }
    // A token that is no longer active still tells whose it was.
    var caller = Caller(call)
    var issuedRevision: UInt64 = 0
    if case .bearer(let text) = call.credential, let token = knownToken(text, in: state) {
      caller = Caller(call, token)
      issuedRevision = token.issuedRevision
    }
    return DenialKey(
      organizationID: caller.organization, userID: caller.user, tokenID: caller.tokenID,
      tokenIssuedRevision: issuedRevision, processUserID: call.peer.userID, method: method,
      code: code)
  }
}

extension Method {
  /// Whether it does more than read: the writer decides what, at once or by steps, or it makes a
  /// file.
  package var changesSomething: Bool {
    switch descriptor.kind {
    case .command, .background, .stream(_, isCommand: true): true
    case .query, .stream(_, isCommand: false): false
    }
  }
}
