internal import Ledger
internal import Messages
internal import Tokens

// The sentences about changes of tokens, and the fields that changed.
extension PosternServices {
  func writeIssuedToken(_ change: PosternStorageV1.TokenIssued, into event: PosternV1.Event.Builder)
  {
    event.setMessage(
      change.userID.isEmpty
        ? "org token \(quoted(change.name)) was issued"
        : "a token was issued for user \(quoted(change.userID))")
    event.add("name", after: change.name)
    event.add("description", after: change.description)
    writeScopes(before: 0, after: change.scopes, into: event)
    event.add("expires_at", after: timeText(change.expiresAtNanoseconds))
  }

  func writeRevokedToken(
    _ change: PosternStorageV1.TokenRevoked, into event: PosternV1.Event.Builder
  ) {
    let owner = change.userID.isEmpty ? "" : " of user \(quoted(change.userID))"
    event.setMessage(
      change.name.isEmpty
        ? "a token\(owner) was revoked" : "org token \(quoted(change.name)) was revoked")
    let before = PosternV1.TokenState(rawValue: Int32(truncatingIfNeeded: change.oldState))
    event.add(
      "state", before: before == .unspecified ? "" : before.name ?? "",
      after: PosternV1.TokenState.revoked.name ?? "")
  }

  func writeUpdatedToken(
    _ change: PosternStorageV1.TokenUpdated, into event: PosternV1.Event.Builder
  ) {
    let changes = TokenChanges(rawValue: UInt8(truncatingIfNeeded: change.changed))
    let name = change.oldName.isEmpty ? change.name : change.oldName
    let verb =
      changes.contains(.isDisabled) ? change.disabled ? "switched off" : "switched on" : "changed"
    event.setMessage(
      name.isEmpty ? "an org token was \(verb)" : "org token \(quoted(name)) was \(verb)")
    if changes.contains(.name) { event.add("name", before: change.oldName, after: change.name) }
    if changes.contains(.scopes) {
      writeScopes(before: change.oldScopes, after: change.scopes, into: event)
    }
    if changes.contains(.description) {
      event.add("description", before: change.oldDescription, after: change.description)
    }
    if changes.contains(.expiry) {
      event.add(
        "expires_at", before: timeText(change.oldExpiresAtNanoseconds),
        after: timeText(change.expiresAtNanoseconds))
    }
    if changes.contains(.isDisabled) {
      event.add(
        "state", before: (change.disabled ? PosternV1.TokenState.active : .disabled).name ?? "",
        after: (change.disabled ? PosternV1.TokenState.disabled : .active).name ?? "")
    }
    if changes.contains(.previousSecretExpiry) {
      event.add(
        "previous_secret_expires_at",
        before: timeText(change.oldPreviousSecretExpiresAtNanoseconds),
        after: timeText(change.previousSecretExpiresAtNanoseconds))
    }
  }

  func writeRotatedToken(
    _ change: PosternStorageV1.TokenRotated, into event: PosternV1.Event.Builder
  ) {
    let name = change.name
    event.setMessage(
      (name.isEmpty ? "an org token" : "org token \(quoted(name))") + " got a new secret")
    event.add(
      "previous_secret_expires_at",
      after: timeText(change.previousSecretExpiresAtNanoseconds))
  }

  func writeSweptTokens(
    _ change: PosternStorageV1.TokensSwept, into event: PosternV1.Event.Builder
  ) {
    let count = change.tokenIDs.count / TokenID.byteCount
    event.setMessage("\(Self.tokens(count)) that ended long ago \(Self.were(count)) removed")
  }

  func writeRevokedTokens(
    _ change: PosternStorageV1.TokensRevoked, into event: PosternV1.Event.Builder
  ) {
    guard change.issuedThroughRevision == 0 else {
      return event.setMessage(
        "every token issued up to revision \(change.issuedThroughRevision) was revoked: an older "
          + "copy of the ledger came into use, which may lack revokes")
    }
    let owner = change.userID.isEmpty ? "" : " of user \(quoted(change.userID))"
    let count = change.tokenIDs.count / TokenID.byteCount
    event.setMessage("\(Self.tokens(count))\(owner) \(Self.were(count)) revoked")
  }

  private static func tokens(_ count: Int) -> String { count == 1 ? "1 token" : "\(count) tokens" }

  private static func were(_ count: Int) -> String { count == 1 ? "was" : "were" }

  /// Writes each scope that was removed or added.
  private func writeScopes(
    before: UInt32, after: UInt32, into event: PosternV1.Event.Builder
  ) {
    let old = TokenScopes(rawValue: UInt8(truncatingIfNeeded: before))
    let new = TokenScopes(rawValue: UInt8(truncatingIfNeeded: after))
    for scope in Self.scopes where old.contains(scope.bit) != new.contains(scope.bit) {
      let name = scope.value.name ?? ""
      event.add(
        "scopes", before: old.contains(scope.bit) ? name : "",
        after: new.contains(scope.bit) ? name : "")
    }
  }

  /// A time in nanoseconds since 1970-01-01T00:00:00Z, in the form of RFC 3339; empty for zero,
  /// which means never.
  func timeText(_ nanoseconds: Int64) -> String {
    nanoseconds == 0 ? "" : JSONTime(seconds: nanoseconds / 1_000_000_000).text()
  }
}
