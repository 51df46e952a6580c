package import Ledger
internal import Messages
package import RPC

extension PosternServices {
  /// Under what a command that failed is counted as a denied attempt; nil if it failed for another
  /// reason than the caller's rights.
  package func denialKey(
    _ method: Method, _ call: Call, _ status: Status, _ draft: borrowing Draft
  ) -> DenialKey? {
    guard status.code == .permissionDenied || status.code == .unauthenticated else { return nil }
    // A token that is no longer active still tells whose it was.
    var caller = Caller(call)
    var issuedRevision: UInt64 = 0
    if case .bearer(let text) = call.credential, let token = knownToken(text, draft) {
      caller = Caller(call, token)
      issuedRevision = token.issuedRevision
    }
    return DenialKey(
      organizationID: caller.organizationID, userID: caller.userID, tokenID: caller.tokenID,
      tokenIssuedRevision: issuedRevision, processUserID: call.peer.userID, method: method,
      code: status.code)
  }
}
