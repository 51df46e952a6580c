internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import Platform
internal import RPC
internal import Tokens

extension PosternServices {
  /// Refuses the call unless there is such an org token, and the caller may do the action to it.
  ///
  /// An id that is unknown, one of a user token and one of another organization get one answer, so
  /// that ids can't be probed.
  func requireOrgToken(
    _ id: TokenID, for action: StaticString, by caller: Caller, in draft: borrowing Draft
  ) throws(Status) {
    if let token = draft.token(id), token.kind == .organization {
      let decision = decision(
        on: policy.action(named: action), by: caller.subject,
        to: Target(in: token.organizationID), in: draft)
      if decision.isAllowed, sees(caller, token, for: action, in: draft) {
        return
      }
      draft.tokenUses.noteTrespass()
    }
    try authorize(caller, action, on: Target(in: caller.organizationID), in: draft)
    let text = id.text
    throw notFound("org token", text.span)
  }

  /// Refuses the call when the organization has an org token of that name.
  func requireFreeName(
    _ name: Span<UInt8>, in organization: OrganizationID, _ draft: borrowing Draft
  ) throws(Status) {
    guard draft.orgTokenID(named: name, in: organization) != nil else { return }
    throw Status(
      .alreadyExists, "the organization has an org token `\(String(copying: name))`",
      reason: "ALREADY_EXISTS", metadata: [("field", "name")])
  }

  /// The refusal of a change to a token whose state doesn't allow it.
  func unchangeable(_ state: TokenState) -> Status {
    Status(
      .failedPrecondition, "the token is \(state.name)", reason: "TOKEN_NOT_ACTIVE",
      metadata: [("state", "\(state.name)")])
  }

  /// Lends a fresh secret for a token, from the system's generator, and wipes it after.
  func withNewSecret(
    _ kind: TokenKind, of id: TokenID, _ body: (borrowing TokenSecret) -> Void
  ) {
    var random = InlineArray<20, UInt8>(repeating: 0)
    var bytes = random.mutableSpan
    SystemRandom.fill(&bytes)
    TokenSecret.withNew(kind: kind, id: id, random: random.span, body)
    random = InlineArray(repeating: 0)
  }
}

// How many tokens a user or an organization may have. Each takes room in the log and the tables,
// also when it has ended: so those that ended count as well, towards a limit that is further away.

extension PosternServices {
  /// Refuses the call when a user, or without `user` an organization by itself, has as many
  /// tokens as it may; a limit of zero is none.
  ///
  /// Only where there are more than that, ended ones among them, it has to look through their ends,
  /// and never through more than the further limit: 20,000 by default, which takes one or two
  /// milliseconds. No token is read. Ids sort by the time of issue, and a user's token lives 30
  /// days at most: older ones need not be looked at.
  func requireRoom(
    forTokensOf user: UserID?, in organization: OrganizationID,
    limit: (name: StaticString, count: Int), _ draft: borrowing Draft
  ) throws(Status) {
    guard limit.count > 0, draft.tokenCount(of: user, in: organization) >= limit.count else {
      return
    }
    let now = draft.nowNanoseconds
    let oldest = UInt64(max(0, now - TokenLifetime.userMaximumNanoseconds) / 1_000_000)
    let first = user == nil ? nil : TokenID(unixMilliseconds: oldest, random: (0, 0))
    let most = limit.count + limits.endedTokens
    var (count, activeCount) = (0, 0)
    draft.forEachTokenEnd(of: user, in: organization, from: first) { end in
      count += 1
      if end > now { activeCount += 1 }
      return count < most && activeCount < limit.count
    }
    guard activeCount < limit.count else { throw .limit("\(limit.name)", limit.count) }
    guard count < most else { throw Self.tooManyEnded("\(limit.name)", limit.count, count: most) }
  }

  /// Tokens that have ended take the room, so that to revoke some makes none.
  private static func tooManyEnded(
    _ name: String, _ value: Int, count: Int
  ) -> Status {
    Status(
      .resourceExhausted,
      "there are \(count) tokens, \(count - value) more than the limit `\(name)` of \(value),"
        + " because tokens that have ended are kept for a while (`token-retention`)",
      reason: "LIMIT_REACHED", metadata: [("limit", name), ("value", "\(value)")])
  }
}
