internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

extension PosternServices {
  // For administrators of the organization and operators.
  func updateOrgToken(
    _ request: PosternV1.UpdateOrgTokenRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.UpdateOrgTokenResponse.Builder
  ) throws(Status) {
    let id = try Fields.tokenID(request.tokenID)
    var update = try OrgTokenUpdate(request, nowNanoseconds: draft.nowNanoseconds)
    try requireOrgToken(id, for: "org_token.update", by: caller, in: draft)
    let latest = try latestEnd(ofIssuedBy: caller, draft)
    try compare(&update, request, with: id, latest: latest, in: draft)
    if !update.changes.isEmpty {
      draft.updateToken(id, update.values(of: request), by: caller.actor)
    }
    if let record = draft.token(id) { writeToken(record, from: draft, into: response.makeToken()) }
  }

  /// Drops the changes that the token has already, and refuses the update if the token has ended or
  /// the new name is taken.
  private func compare(
    _ update: inout OrgTokenUpdate, _ request: PosternV1.UpdateOrgTokenRequest,
    with id: TokenID, latest: Int64?, in draft: borrowing Draft
  ) throws(Status) {
    guard let token = draft.token(id) else { preconditionFailure("the token was found before") }
    let state = token.state(at: draft.time)
    guard state == .active || state == .disabled else { throw unchangeable(state) }
    try update.compare(request, with: token, nowNanoseconds: draft.nowNanoseconds)
    try update.require(latest: latest, of: token)
    if update.changes.contains(.name) {
      try requireFreeName(request.name, in: token.organizationID, draft)
    }
  }
}

extension OrgTokenUpdate {
  /// What changes, with the texts of the request.
  @_lifetime(copy request)
  func values(of request: PosternV1.UpdateOrgTokenRequest) -> TokenUpdate {
    TokenUpdate(
      changes, name: request.name, description: request.description, scopes: scopes,
      expiresAtNanoseconds: expiry, isDisabled: isDisabled,
      previousSecretExpiresAtNanoseconds: previousSecretExpiry)
  }
}

/// The changes that an `UpdateOrgTokenRequest` asks for. The initializer checks what needs no
/// token; `compare` then drops the changes that the token has already.
struct OrgTokenUpdate {
  /// The fields that the mask names; after `compare` those that differ, and those that follow from
  /// them.
  private(set) var changes: TokenChanges
  private(set) var scopes: TokenScopes = []
  /// Nanoseconds since 1970; zero for never.
  private(set) var expiry: Int64 = 0
  let isDisabled: Bool
  /// Nanoseconds since 1970; the time of the change for at once.
  private(set) var previousSecretExpiry: Int64 = 0

  /// The paths of a mask beside the bits that they name.
  private static let paths: [(path: String, bit: TokenChanges)] = [
    ("name", .name), ("scopes", .scopes), ("description", .description),
    ("expires_at", .expiry), ("disabled", .isDisabled),
    ("previous_secret_expires_at", .previousSecretExpiry),
  ]

  init(_ request: PosternV1.UpdateOrgTokenRequest, nowNanoseconds: Int64) throws(Status) {
    changes = []
    isDisabled = request.disabled
    for index in try Fields.mask(request.updateMask, Self.paths.map(\.path)) {
      changes.insert(Self.paths[index].bit)
    }
    if changes.contains(.name) { _ = try Fields.text(request.name, "name", bounds: .tokenName) }
    if changes.contains(.scopes) {
      scopes = try Fields.scopes(count: request.scopesCount) { request.scopes(at: $0) }
      guard !scopes.isEmpty else { throw Fields.noScope }
    }
    if changes.contains(.description) {
      _ = try Fields.text(request.description, "description", bounds: .description)
    }
    if changes.contains(.expiry), let time = request.expiresAt {
      expiry = try Fields.futureTime(time, "expires_at", nowNanoseconds: nowNanoseconds)
    }
    if changes.contains(.previousSecretExpiry) {
      previousSecretExpiry = nowNanoseconds
      if let time = request.previousSecretExpiresAt {
        previousSecretExpiry = try Fields.futureTime(
          time, "previous_secret_expires_at", nowNanoseconds: nowNanoseconds)
      }
    }
  }

  /// Drops the changes that the token has already.
  mutating func compare(
    _ request: PosternV1.UpdateOrgTokenRequest, with token: TokenRecord, nowNanoseconds: Int64
  ) throws(Status) {
    if request.name.isEqual(to: token.name) { changes.remove(.name) }
    if scopes == token.scopes { changes.remove(.scopes) }
    if request.description.isEqual(to: token.description) { changes.remove(.description) }
    if expiry == token.expiresAtNanoseconds { changes.remove(.expiry) }
    if isDisabled == token.isDisabled { changes.remove(.isDisabled) }

    let graceEnd = token.previousSecretExpiresAtNanoseconds
    let isInGrace = graceEnd > nowNanoseconds
    if changes.contains(.previousSecretExpiry) {
      guard previousSecretExpiry <= (isInGrace ? graceEnd : nowNanoseconds) else {
        throw Fields.invalid(
          "`previous_secret_expires_at` must not be later than it is",
          "previous_secret_expires_at")
      }
      if !isInGrace || previousSecretExpiry == graceEnd { changes.remove(.previousSecretExpiry) }
    }
    // A grace period never goes beyond the token, not even if the token is prolonged again.
    let newGraceEnd = changes.contains(.previousSecretExpiry) ? previousSecretExpiry : graceEnd
    if isInGrace, changes.contains(.expiry), expiry != 0, newGraceEnd > expiry {
      changes.insert(.previousSecretExpiry)
      previousSecretExpiry = expiry
    }
  }
  /// Refuses to prolong a token beyond the latest end, if there is one.
  func require(latest: Int64?, of token: TokenRecord) throws(Status) {
    guard let latest, changes.contains(.expiry) else { return }
    let (new, old) = (expiry, token.expiresAtNanoseconds)
    let isLonger = old != 0 && (new == 0 || new > old)
    guard isLonger, new == 0 || new > latest else { return }
    throw Status(
      .failedPrecondition, "`expires_at` must not be later than the end of the bearer token",
      reason: "LATER_THAN_ISSUER", metadata: [("field", "expires_at")])
  }
}
