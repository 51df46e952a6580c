internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

extension PosternServices {
  // For administrators of the organization and operators. The secret of an earlier rotation ends
  // here: the entry makes the present secret the previous one, and a token has room for one.
  func rotateOrgToken(
    _ request: PosternV1.RotateOrgTokenRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.RotateOrgTokenResponse.Builder
  ) throws(Status) {
    let id = try Fields.tokenID(request.tokenID)
    var grace: Int64 = 0
    if let period = request.gracePeriod {
      grace = TokenLifetime.saturatingNanoseconds(
        seconds: period.seconds, nanoseconds: period.nanos)
    }
    _ = try graceEnd(grace, expiry: nil, draft.nowNanoseconds)
    try requireOrgToken(id, for: "org_token.rotate", by: caller, in: draft)
    let expiry = try requireRotatable(id, in: draft)
    let end = try graceEnd(grace, expiry: expiry, draft.nowNanoseconds)
    // A new secret is as good as a new token, so a rotation must not give one that lasts longer.
    if let latest = try latestEnd(ofIssuedBy: caller, draft), expiry ?? .max > latest {
      throw Status(
        .failedPrecondition,
        "the token ends later than the bearer token, and the policy gives out no secret that"
          + " does: bring its `expires_at` forward first, or let an operator rotate it",
        reason: "LATER_THAN_ISSUER")
    }

    withNewSecret(.organization, of: id) { secret in
      draft.rotateToken(
        id, secretHash: secret.withBytes { SHA256.hash($0) },
        previousSecretExpiresAtNanoseconds: end, by: caller.actor)
      secret.withText { response.setSecret($0) }
    }
    if let record = draft.token(id) { writeToken(record, from: draft, into: response.makeToken()) }
  }

  /// Refuses the call unless the token is active; says when it ends, nil for never.
  private func requireRotatable(
    _ id: TokenID, in draft: borrowing Draft
  ) throws(Status) -> Int64? {
    guard let token = draft.token(id) else { preconditionFailure("the token was found before") }
    let state = token.state(at: draft.time)
    guard state == .active else { throw unchangeable(state) }
    return token.endNanoseconds
  }

  private func graceEnd(
    _ grace: Int64, expiry: Int64?, _ nowNanoseconds: Int64
  ) throws(Status) -> Int64? {
    do {
      return try TokenGrace.endNanoseconds(
        graceNanoseconds: grace, expiryNanoseconds: expiry, nowNanoseconds: nowNanoseconds)
    } catch {
      throw Fields.invalid("`grace_period` \(error.message)", "grace_period")
    }
  }
}
