internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

extension PosternServices {
  // For the user itself, an administrator of the organization, or an operator.
  func listTokens(
    _ request: PosternV1.ListTokensRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ListTokensResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.optionalUserID(request.userID)
    let filter = try TokenFilter(request, at: snapshot.time)
    let caller = try authenticate(call, in: snapshot)
    let target = Target(in: organization, user: user)
    try authorize(caller, "user_token.list", on: target, in: snapshot)
    try requireOrganization(organization, in: snapshot)
    if let user { try requireUser(user, of: organization, in: snapshot) }

    var page = try page(
      of: .tokenServiceListTokens, request, size: request.pageSize, token: request.pageToken,
      snapshot)
    let start = page.start
    let horizon = horizon(of: caller, for: "user_token.list", in: organization, snapshot)
    snapshot.forEachToken(in: organization, user: user, after: start.span) { position, id in
      guard page.reaches(position) else { return false }
      guard let token = snapshot.token(id), token.issuedRevision >= horizon,
        filter.admits(token, snapshot)
      else { return true }
      let item = response.addTokens()
      writeToken(token, from: snapshot, into: item)
      page.add(item)
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}

/// Which tokens a list shows.
struct TokenFilter {
  private let kind: Int32
  private var state: TokenState?
  private var expiringBefore: Int64?
  private var unusedSince: Int64?
  private let time: LedgerTime

  init(_ request: PosternV1.ListTokensRequest, at time: LedgerTime) throws(Status) {
    kind = request.kind.rawValue
    self.time = time
    if request.state != .unspecified {
      guard let state = TokenState(rawValue: UInt8(clamping: request.state.rawValue)) else {
        throw Fields.invalid("`state` is not a state of a token", "state")
      }
      self.state = state
    }
    if let time = request.expiringBefore {
      expiringBefore = try Fields.time(time, "expiring_before")
    }
    if let time = request.unusedSince { unusedSince = try Fields.time(time, "unused_since") }
  }

  /// Whether the list shows the token.
  func admits<State: LedgerState & ~Copyable>(
    _ token: TokenRecord, _ ledger: borrowing State
  ) -> Bool {
    if kind != 0, token.kind.map({ Int32($0.rawValue) }) != kind { return false }
    if let state, token.state(at: time) != state { return false }
    if let expiringBefore {
      let expiry = token.expiresAtNanoseconds
      guard expiry != 0, expiry < expiringBefore else { return false }
    }
    if let unusedSince {
      // A new one had no time to be used in.
      guard token.issuedAtNanoseconds < unusedSince else { return false }
      return ledger.usage(of: token).map { $0.lastNanoseconds < unusedSince } ?? true
    }
    return true
  }
}
