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
  /// tokens as it may; a limit of zero is none. Only where there are more than that, ended ones
  /// among them, it has to look through them, and never through more than the further limit.
  func requireRoom(
    forTokensOf user: UserID?, in organization: OrganizationID,
    limit: (name: StaticString, count: Int), _ draft: borrowing Draft
  ) throws(Status) {
    guard limit.count > 0, draft.tokenCount(of: user, in: organization) >= limit.count else {
      return
    }
    let most = limit.count + limits.endedTokens
    if Self.count(tokensOf: user, in: organization, atMost: most, draft, where: { _ in true })
      < most
    {
      let active = Self.count(tokensOf: user, in: organization, atMost: limit.count, draft) {
        id in
        let state = draft.token(id)?.state(at: draft.time)
        return state == .active || state == .disabled
      }
      guard active >= limit.count else { return }
    }
    throw .limit("\(limit.name)", limit.count)
  }

  /// Counts tokens of an owner. Ids sort by the time of issue, and a user's token lives 30 days at
  /// most: older ones need not be looked at.
  private static func count(
    tokensOf user: UserID?, in organization: OrganizationID, atMost limit: Int,
    _ draft: borrowing Draft, where isCounted: (TokenID) -> Bool
  ) -> Int {
    let oldest =
      user == nil ? 0 : max(0, draft.nowNanoseconds - TokenLifetime.userMaximumNanoseconds)
    let first = TokenID(unixMilliseconds: UInt64(oldest / 1_000_000), random: (0, 0)).bytes
    var count = 0
    draft.forEachToken(
      in: organization, user: user, after: user == nil ? Span() : first.span
    ) { position, id in
      // Org tokens come before those of users, whose positions begin with an id.
      if user == nil, position[0] != 0 { return false }
      if isCounted(id) { count += 1 }
      return count < limit
    }
    return count
  }
}
