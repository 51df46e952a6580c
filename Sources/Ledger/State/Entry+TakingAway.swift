internal import Messages

extension PosternStorageV1.Entry {
  /// Whether the change only takes rights away: a full ledger still accepts it, from its reserve.
  /// It depends on the entry alone, and a change of a new kind has to say what it is.
  var onlyTakesAway: Bool {
    switch changeValue {
    case .tokenRevoked, .tokensRevoked, .tokensSwept, .userDeleted, .teamDeleted,
      .teamMemberRemoved, .resourceDeleted, .writerRemoved, .organizationDeleted,
      .clockAccepted, .revisionsLost:
      true
    case .administratorSet(let change): !change.administrator
    case .userRolesSet(let change): change.rolesCount == 0
    case .tokenUpdated(let change): change.onlyTakesAway
    case .organizationCreated, .organizationUpdated, .userInvited, .userUpdated, .teamCreated,
      .teamUpdated, .teamMemberAdded, .resourcePut, .writerSet, .tokenIssued, .tokenRotated,
      .denialsRecorded, .policyReloaded, nil:
      false
    }
  }
}

extension PosternStorageV1.TokenUpdated {
  /// Whether the token is good for less than before, or for a shorter time, and nothing else of it
  /// changes.
  fileprivate var onlyTakesAway: Bool {
    guard let bits = UInt8(exactly: changed) else { return false }
    let changes = TokenChanges(rawValue: bits)
    let sooner: (end: Int64, old: Int64) = (expiresAtNanoseconds, oldExpiresAtNanoseconds)
    let previous: (end: Int64, old: Int64) = (
      previousSecretExpiresAtNanoseconds, oldPreviousSecretExpiresAtNanoseconds
    )
    return changes.isSubset(of: [.scopes, .expiry, .isDisabled, .previousSecretExpiry])
      && (!changes.contains(.scopes) || scopes & ~oldScopes == 0)
      && (!changes.contains(.isDisabled) || disabled)
      // Without an end it was good for ever.
      && (!changes.contains(.expiry)
        || sooner.end != 0 && (sooner.old == 0 || sooner.end < sooner.old))
      && (!changes.contains(.previousSecretExpiry)
        || previous.end != 0 && previous.end < previous.old)
  }
}
