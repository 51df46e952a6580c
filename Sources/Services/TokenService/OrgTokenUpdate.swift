internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

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
          "`previous_secret_expires_at` must not be later than so far",
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
