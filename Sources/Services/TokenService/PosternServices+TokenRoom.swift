// How many tokens a user or an organization may have. Each takes room in the log and the tables,
// also when it has ended: so those that ended count as well, towards a limit that is further away.
internal import Identifiers
internal import Ledger
internal import RPC
internal import Tokens

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
