internal import Messages

/// What an entry of the log is about: its kind and the ids of the objects, borrowed from it. Ids
/// that don't go with the kind are empty.
struct EventSubject: ~Escapable {
  let kind: PosternV1.EventKind
  private(set) var organizationID: Span<UInt8>
  private(set) var userID: Span<UInt8>
  private(set) var teamID: Span<UInt8>
  private(set) var resourceType: Span<UInt8>
  private(set) var resourceID: Span<UInt8>
  /// The 16 bytes of each id, one after another.
  private(set) var tokenIDs: Span<UInt8>
  /// Whether it concerns every token of every organization, whoever asks for which.
  private(set) var isAboutAllTokens = false

  /// Of an entry; of the kind `unspecified` for a change that this version doesn't know.
  @_lifetime(copy entry)
  init(_ entry: PosternStorageV1.Entry) {
    kind = Self.kind(of: entry)
    let empty = entry.previousHash.extracting(0..<0)
    (organizationID, userID, teamID) = (empty, empty, empty)
    (resourceType, resourceID, tokenIDs) = (empty, empty, empty)
    switch entry.changeValue {
    case .organizationCreated(let change): organizationID = change.organizationID
    case .userInvited(let change):
      (organizationID, userID) = (change.organizationID, change.userID)
    case .administratorSet(let change):
      (organizationID, userID) = (change.organizationID, change.userID)
    case .userDeleted(let change):
      (organizationID, userID) = (change.organizationID, change.userID)
    case .teamCreated(let change):
      (organizationID, teamID) = (change.organizationID, change.teamID)
    case .organizationUpdated(let change):
      organizationID = change.organizationID
    case .organizationDeleted(let change):
      organizationID = change.organizationID
    case .policyReloaded, .clockAccepted, .revisionsLost: break
    case .userRolesSet(let change):
      (organizationID, userID) = (change.organizationID, change.userID)
    case .userUpdated(let change):
      (organizationID, userID) = (change.organizationID, change.userID)
    case .teamUpdated(let change):
      (organizationID, teamID) = (change.organizationID, change.teamID)
    case .teamDeleted(let change):
      (organizationID, teamID) = (change.organizationID, change.teamID)
    case .teamMemberAdded(let change):
      (organizationID, teamID, userID) = (change.organizationID, change.teamID, change.userID)
    case .teamMemberRemoved(let change):
      (organizationID, teamID, userID) = (change.organizationID, change.teamID, change.userID)
    case .resourcePut(let change):
      organizationID = change.organizationID
      (resourceType, resourceID) = (change.resourceType, change.resourceID)
    case .resourceDeleted(let change):
      organizationID = change.organizationID
      (resourceType, resourceID) = (change.resourceType, change.resourceID)
    case .writerSet(let change):
      organizationID = change.organizationID
      (resourceType, resourceID) = (change.resourceType, change.resourceID)
      if let user = change.userID { userID = user }
      if let team = change.teamID { teamID = team }
    case .writerRemoved(let change):
      organizationID = change.organizationID
      (resourceType, resourceID) = (change.resourceType, change.resourceID)
      if let user = change.userID { userID = user }
      if let team = change.teamID { teamID = team }
    case .tokenIssued(let change):
      (organizationID, userID) = (change.organizationID, change.userID)
      tokenIDs = change.tokenID
    case .tokenRevoked(let change):
      (organizationID, userID) = (change.organizationID, change.userID)
      tokenIDs = change.tokenID
      // An entry from before it was recorded: nearly all revoke a token of their own organization.
      if organizationID.isEmpty, let actor = entry.actor { organizationID = actor.organizationID }
    case .tokenUpdated(let change):
      (organizationID, tokenIDs) = (change.organizationID, change.tokenID)
    case .tokenRotated(let change):
      (organizationID, tokenIDs) = (change.organizationID, change.tokenID)
    case .tokensRevoked(let change):
      (organizationID, userID) = (change.organizationID, change.userID)
      tokenIDs = change.tokenIDs
      isAboutAllTokens = change.issuedThroughRevision > 0
    case .tokensSwept(let change): tokenIDs = change.tokenIDs
    case .denialsRecorded, nil: break
    }
  }

  private static func kind(of entry: PosternStorageV1.Entry) -> PosternV1.EventKind {
    switch entry.changeValue {
    case .organizationCreated: .organizationCreated
    case .userInvited: .userInvited
    case .administratorSet(let change):
      change.administrator ? .administratorGranted : .administratorWithdrawn
    case .userDeleted: .userDeleted
    case .teamCreated: .teamCreated
    case .organizationUpdated: .organizationUpdated
    case .organizationDeleted: .organizationDeleted
    case .userUpdated: .userUpdated
    case .userRolesSet: .userRolesSet
    case .policyReloaded: .policyReloaded
    case .clockAccepted: .clockAccepted
    case .revisionsLost: .revisionsLost
    case .teamUpdated: .teamUpdated
    case .teamDeleted: .teamDeleted
    case .teamMemberAdded: .teamMemberAdded
    case .teamMemberRemoved: .teamMemberRemoved
    case .resourcePut: .resourcePut
    case .resourceDeleted: .resourceDeleted
    case .writerSet: .writerSet
    case .writerRemoved: .writerRemoved
    case .tokenIssued: .tokenIssued
    case .tokenRevoked: .tokenRevoked
    case .tokenUpdated: .tokenUpdated
    case .tokenRotated: .tokenRotated
    case .tokensSwept: .tokensSwept
    case .tokensRevoked: .tokensRevoked
    case .denialsRecorded: .denied
    case nil: .unspecified
    }
  }
}
