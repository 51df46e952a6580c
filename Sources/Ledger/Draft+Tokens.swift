package import Identifiers
internal import Messages
package import Tokens

// The changes of tokens, each of which writes its entry here and nowhere else. What a change
// replaces, the verb reads and notes in the entry, so that the log tells of it.
extension Draft {
  /// Issues a token of an organization: of `user`, or without one an org token called `name`.
  ///
  /// `secretHash` is the SHA-256 of the secret part. The expiry is in nanoseconds since 1970; nil
  /// for never.
  package mutating func issueToken(
    _ id: TokenID, _ kind: TokenKind, of organization: OrganizationID, user: UserID?,
    name: Span<UInt8>, description: Span<UInt8>, scopes: TokenScopes,
    secretHash: SHA256.Digest, expiresAtNanoseconds: Int64?, by actor: Actor
  ) {
    let identifier = id.bytes
    append(by: actor) { entry in
      let issued = entry.makeTokenIssued()
      issued.setTokenID(identifier.span)
      issued.setSecretHash(secretHash.span)
      issued.setKind(UInt32(kind.rawValue))
      issued.setOrganizationID(organization.bytes)
      issued.setUserID(UserID.bytes(of: user))
      issued.setName(name)
      issued.setScopes(UInt32(scopes.rawValue))
      issued.setExpiresAtNanoseconds(expiresAtNanoseconds ?? 0)
      issued.setDescription(description)
    }
  }

  /// Gives a token a new secret. The present one is good until a time in nanoseconds since 1970;
  /// nil for no longer.
  package mutating func rotateToken(
    _ id: TokenID, secretHash: SHA256.Digest, previousSecretExpiresAtNanoseconds end: Int64?,
    by actor: Actor
  ) {
    guard let old = recorded(id) else { return }
    let identifier = id.bytes
    append(by: actor) { entry in
      let rotated = entry.makeTokenRotated()
      rotated.setTokenID(identifier.span)
      rotated.setOrganizationID(old.organizationID.span)
      rotated.setName(old.name.span)
      rotated.setSecretHash(secretHash.span)
      rotated.setPreviousSecretExpiresAtNanoseconds(end ?? 0)
    }
  }

  /// Changes those fields of a token that `update` names.
  package mutating func updateToken(_ id: TokenID, _ update: TokenUpdate, by actor: Actor) {
    guard let old = recorded(id) else { return }
    let identifier = id.bytes
    let takesAway = old.onlyLoses(by: update, atNanoseconds: nowNanoseconds)
    append(by: actor, takesAway: takesAway) { entry in
      let updated = entry.makeTokenUpdated()
      updated.setTokenID(identifier.span)
      updated.setOrganizationID(old.organizationID.span)
      update.fill(updated)
      old.fill(updated, changes: update.changes)
    }
  }

  /// Revokes a token unless there is none or it is revoked already.
  package mutating func revokeToken(_ id: TokenID, by actor: Actor) {
    guard let token = recorded(id), token.state != .revoked else { return }
    let identifier = id.bytes
    append(by: actor) { entry in
      let revoked = entry.makeTokenRevoked()
      revoked.setTokenID(identifier.span)
      revoked.setOrganizationID(token.organizationID.span)
      revoked.setUserID(token.userID.span)
      revoked.setName(token.name.span)
      revoked.setOldState(UInt32(token.state.rawValue))
    }
  }

  /// Revokes the tokens whose ids, of 16 bytes each, stand one after another: tokens of an
  /// organization, or with `user` of that user.
  package mutating func revokeTokens(
    _ ids: [UInt8], of organization: OrganizationID, user: UserID?, by actor: Actor
  ) {
    append(by: actor) { entry in
      let revoked = entry.makeTokensRevoked()
      revoked.setTokenIDs(ids.span)
      revoked.setOrganizationID(organization.bytes)
      revoked.setUserID(UserID.bytes(of: user))
    }
  }

  /// Revokes every token that was issued up to a revision.
  mutating func revokeTokens(issuedThrough revision: UInt64, by actor: Actor) {
    append(by: actor) { $0.makeTokensRevoked().setIssuedThroughRevision(revision) }
  }

  /// Removes tokens that have ended; their ids, of 16 bytes each, stand one after another.
  package mutating func sweepTokens(_ ids: [UInt8], by actor: Actor) {
    append(by: actor) { $0.makeTokensSwept().setTokenIDs(ids.span) }
  }

  private func recorded(_ id: TokenID) -> RecordedToken? {
    guard let token = token(id) else { return nil }
    return RecordedToken(token, at: time)
  }
}

/// What changes of an org token. Fields that `changes` doesn't name mean nothing.
package struct TokenUpdate: ~Escapable {
  package let changes: TokenChanges
  package let name: Span<UInt8>
  package let description: Span<UInt8>
  package let scopes: TokenScopes
  /// Nanoseconds since 1970; zero for never.
  package let expiresAtNanoseconds: Int64
  package let isDisabled: Bool
  /// Nanoseconds since 1970; the time of the change for at once.
  package let previousSecretExpiresAtNanoseconds: Int64

  @_lifetime(copy name, copy description)
  package init(
    _ changes: TokenChanges, name: Span<UInt8>, description: Span<UInt8>, scopes: TokenScopes,
    expiresAtNanoseconds: Int64, isDisabled: Bool, previousSecretExpiresAtNanoseconds: Int64
  ) {
    self.changes = changes
    self.name = name
    self.description = description
    self.scopes = scopes
    self.expiresAtNanoseconds = expiresAtNanoseconds
    self.isDisabled = isDisabled
    self.previousSecretExpiresAtNanoseconds = previousSecretExpiresAtNanoseconds
  }

  fileprivate func fill(_ entry: PosternStorageV1.TokenUpdated.Builder) {
    entry.setChanged(UInt32(changes.rawValue))
    if changes.contains(.name) { entry.setName(name) }
    if changes.contains(.scopes) { entry.setScopes(UInt32(scopes.rawValue)) }
    if changes.contains(.description) { entry.setDescription(description) }
    if changes.contains(.expiry) { entry.setExpiresAtNanoseconds(expiresAtNanoseconds) }
    if changes.contains(.isDisabled) { entry.setDisabled(isDisabled) }
    if changes.contains(.previousSecretExpiry) {
      entry.setPreviousSecretExpiresAtNanoseconds(previousSecretExpiresAtNanoseconds)
    }
  }
}

/// A copy of what the log notes of a token beside a change of it, since an append moves the rows.
private struct RecordedToken {
  let organizationID: [UInt8]
  let userID: [UInt8]
  let name: [UInt8]
  private let description: [UInt8]
  private let scopes: TokenScopes
  let state: TokenState
  private let expiresAtNanoseconds: Int64
  private let previousSecretExpiresAtNanoseconds: Int64

  init(_ token: TokenRecord, at time: LedgerTime) {
    organizationID = Array(copying: token.organizationID.bytes)
    userID = Array(copying: UserID.bytes(of: token.userID))
    name = Array(copying: token.name)
    description = Array(copying: token.description)
    scopes = token.scopes
    state = token.state(at: time)
    expiresAtNanoseconds = token.expiresAtNanoseconds
    previousSecretExpiresAtNanoseconds = token.previousSecretExpiresAtNanoseconds
  }

  /// Whether an update only takes away, and leaves nothing that the same could be done with again.
  /// An end that is only moved could be moved without end, to a nanosecond before.
  func onlyLoses(by update: borrowing TokenUpdate, atNanoseconds now: Int64) -> Bool {
    let changes = update.changes
    let isAnEnd = update.expiresAtNanoseconds != 0 && update.expiresAtNanoseconds <= now
    return changes.isSubset(of: [.scopes, .expiry, .isDisabled, .previousSecretExpiry])
      && (!changes.contains(.scopes) || update.scopes.isSubset(of: scopes))
      && (!changes.contains(.isDisabled) || update.isDisabled)
      && (!changes.contains(.expiry) || isAnEnd)
      && (!changes.contains(.previousSecretExpiry)
        || update.previousSecretExpiresAtNanoseconds <= now)
  }

  /// Fills in what it was, of the fields that change.
  func fill(_ entry: PosternStorageV1.TokenUpdated.Builder, changes: TokenChanges) {
    entry.setOldName(name.span)
    if changes.contains(.scopes) { entry.setOldScopes(UInt32(scopes.rawValue)) }
    if changes.contains(.description) { entry.setOldDescription(description.span) }
    if changes.contains(.expiry) { entry.setOldExpiresAtNanoseconds(expiresAtNanoseconds) }
    if changes.contains(.previousSecretExpiry) {
      entry.setOldPreviousSecretExpiresAtNanoseconds(previousSecretExpiresAtNanoseconds)
    }
  }
}

/// Which fields of an org token a change names: the bits of `TokenUpdated.changed`.
package struct TokenChanges: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let name = TokenChanges(rawValue: 1)
  package static let scopes = TokenChanges(rawValue: 2)
  package static let description = TokenChanges(rawValue: 4)
  package static let expiry = TokenChanges(rawValue: 8)
  package static let isDisabled = TokenChanges(rawValue: 16)
  package static let previousSecretExpiry = TokenChanges(rawValue: 32)

  /// Every field there is.
  package static let all: TokenChanges = [
    .name, .scopes, .description, .expiry, .isDisabled, .previousSecretExpiry,
  ]
}
