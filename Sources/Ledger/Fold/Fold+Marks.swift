internal import EpochPage
internal import Messages
internal import Tokens

extension Fold {
  /// Collects the counters of all that a change can make otherwise: what a kept answer of
  /// ValidateToken or Check may rest on. The one place where that is decided.
  ///
  /// Grants too, since denials are kept. A token that is new touches nothing: no answer about it
  /// was kept before. Names for people stand in no answer that is kept.
  static func mark(
    _ change: borrowing PosternStorageV1.Entry.Change, in marks: inout EpochMarks
  ) {
    switch change {
    case .tokenIssued, .denialsRecorded, .organizationUpdated, .userUpdated, .teamUpdated,
      .formatRaised:
      break
    case .tokenRevoked(let change): marks.addToken(change.tokenID)
    case .tokenUpdated(let change): marks.addToken(change.tokenID)
    case .tokenRotated(let change): marks.addToken(change.tokenID)
    case .tokensSwept(let change): mark(tokens: change.tokenIDs, in: &marks)
    case .tokensRevoked(let change):
      mark(tokens: change.tokenIDs, in: &marks)
      if change.issuedThroughRevision > 0 { marks.addAll() }
    case .organizationCreated(let change): marks.addOrganization(change.organizationID)
    case .organizationDeleted(let change): marks.addOrganization(change.organizationID)
    case .userInvited(let change): marks.addOrganization(change.organizationID)
    case .userDeleted(let change): marks.addOrganization(change.organizationID)
    case .administratorSet(let change): marks.addOrganization(change.organizationID)
    case .userRolesSet(let change): marks.addOrganization(change.organizationID)
    case .teamCreated(let change): marks.addOrganization(change.organizationID)
    case .teamDeleted(let change): marks.addOrganization(change.organizationID)
    case .teamMemberAdded(let change): marks.addOrganization(change.organizationID)
    case .teamMemberRemoved(let change): marks.addOrganization(change.organizationID)
    case .resourcePut(let change): marks.addOrganization(change.organizationID)
    case .resourceDeleted(let change): marks.addOrganization(change.organizationID)
    case .writerSet(let change): marks.addOrganization(change.organizationID)
    case .writerRemoved(let change): marks.addOrganization(change.organizationID)
    case .policyReloaded: marks.addPolicy()
    // Times compare otherwise from now on, or the history is another.
    case .clockAccepted, .revisionsLost: marks.addAll()
    }
  }

  private static func mark(tokens ids: Span<UInt8>, in marks: inout EpochMarks) {
    var start = 0
    while start < ids.count {
      marks.addToken(ids.extracting(start..<(start + TokenID.byteCount)))
      start += TokenID.byteCount
    }
  }
}
