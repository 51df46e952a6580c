internal import Identifiers
internal import Ledger
internal import Messages
internal import Platform
internal import RPC
internal import Tokens

extension PosternServices {
  // A user token: for oneself with a valid token, for anyone by an issuer or operator process.
  // An org token: for an administrator or an operator.
  func issueToken(
    _ request: PosternV1.IssueTokenRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.IssueTokenResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let description = try Fields.text(request.description, "description", bounds: .description)
    guard request.userID.isEmpty != request.name.isEmpty else {
      throw Fields.invalid("give exactly one of `user_id` and `name`", "user_id")
    }
    let kind: TokenKind = request.name.isEmpty ? .user : .organization
    var expiry = try expiry(of: request, kind, draft.nowNanoseconds)
    let scopes = try scopes(of: request, kind)

    if let latest = try latestEnd(ofIssuedBy: caller, draft) {
      expiry = min(expiry ?? .max, latest)
    }
    if kind == .user {
      let user = try Fields.userID(request.userID)
      try authorize(
        caller, "user_token.issue", on: Target(in: organization, user: user), in: draft)
      try requireOrganization(organization, in: draft)
      try requireUser(user, of: organization, in: draft)
      try requireRoom(
        forTokensOf: user, in: organization, limit: ("max-tokens-per-user", limits.tokensPerUser),
        draft)
    } else {
      let name = try Fields.text(request.name, "name", bounds: .tokenName)
      try authorize(caller, "org_token.create", on: Target(in: organization), in: draft)
      try requireOrganization(organization, in: draft)
      try requireFreeName(name.bytes, in: organization, draft)
      try requireRoom(
        forTokensOf: nil, in: organization, limit: ("max-org-tokens", limits.orgTokens), draft)
    }

    let id = draft.nextTokenID(random: (SystemRandom.number(), SystemRandom.number()))
    withNewSecret(kind, of: id) { secret in
      draft.issueToken(
        id, kind, of: organization, user: UserID(storedOrEmpty: request.userID),
        name: request.name, description: description.bytes, scopes: scopes,
        secretHash: secret.withBytes { SHA256.hash($0) }, expiresAtNanoseconds: expiry,
        by: caller.actor)
      secret.withText { response.setSecret($0) }
    }
    if let record = draft.token(id) { writeToken(record, from: draft, into: response.makeToken()) }
  }

  private func expiry(
    of request: PosternV1.IssueTokenRequest, _ kind: TokenKind, _ nowNanoseconds: Int64
  ) throws(Status) -> Int64? {
    var requested: Int64?
    if let lifetime = request.lifetime {
      requested = TokenLifetime.saturatingNanoseconds(
        seconds: lifetime.seconds, nanoseconds: lifetime.nanos)
    }
    do {
      return try TokenLifetime.expiryNanoseconds(
        kind: kind, requestedNanoseconds: requested, nowNanoseconds: nowNanoseconds)
    } catch {
      throw Fields.invalid("`lifetime` \(error.message)", "lifetime")
    }
  }

  private func scopes(
    of request: PosternV1.IssueTokenRequest, _ kind: TokenKind
  ) throws(Status) -> TokenScopes {
    let scopes = try Fields.scopes(count: request.scopesCount) { request.scopes(at: $0) }
    if kind == .user, !scopes.isEmpty {
      throw Fields.invalid("`scopes` must be absent for a user token", "scopes")
    }
    if kind == .organization, scopes.isEmpty { throw Fields.noScope }
    return scopes
  }
}
