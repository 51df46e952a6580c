internal import Ledger
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
  /// Whether it concerns every token of every organization, and so matches any token asked for.
  private(set) var isAboutAllTokens = false

  /// Of an entry; of the kind `unspecified` for a change that this version doesn't know.
  @_lifetime(copy entry)
  init(_ entry: PosternStorageV1.Entry) {
    let empty = entry.previousHash.extracting(0..<0)
    guard let change = entry.changeValue else {
      kind = .unspecified
      (organizationID, userID, teamID) = (empty, empty, empty)
      (resourceType, resourceID, tokenIDs) = (empty, empty, empty)
      return
    }
    kind = change.traits.kind
    (organizationID, userID, teamID) = (change.organizationID, change.userID, change.teamID)
    (resourceType, resourceID) = (change.resourceType, change.resourceID)
    tokenIDs = change.tokenID.isEmpty ? change.tokenIDs : change.tokenID
    if case .tokensRevoked(let change) = change {
      isAboutAllTokens = change.issuedThroughRevision > 0
    }
  }
}
