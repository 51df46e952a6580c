internal import Ledger
internal import Permissions
internal import RPC
internal import Tokens

extension PosternServices {
  /// When the credential of a caller ends by itself, in nanoseconds since 1970, nil for never;
  /// refuses the call if it is not good any more. So is a secret that the token had before a
  /// rotation, after its grace period.
  func endNanoseconds<State: LedgerState & ~Copyable>(
    of caller: Caller, _ state: borrowing State
  ) throws(Status) -> Int64? {
    guard let id = caller.tokenID, let credential = caller.credential else { return nil }
    guard let token = state.token(id)?.presented(by: credential, at: state.time),
      token.state(at: state.time) == .active
    else {
      throw Status(
        .unauthenticated, "the bearer token is not active any more", reason: "TOKEN_NOT_ACTIVE")
    }
    var end = token.expiresAtNanoseconds == 0 ? Int64.max : token.expiresAtNanoseconds
    if token.isByPreviousSecret { end = min(end, token.previousSecretExpiresAtNanoseconds) }
    return end == .max ? nil : end
  }

  /// The latest end of a token that a caller issues, if the policy limits it to the end of the
  /// caller's own token. Without that rule a token stolen for an hour gives one for a month.
  func latestEnd<State: LedgerState & ~Copyable>(
    ofIssuedBy caller: Caller, _ state: borrowing State
  ) throws(Status) -> Int64? {
    policy.tokensEndWithIssuer ? try endNanoseconds(of: caller, state) : nil
  }
}
