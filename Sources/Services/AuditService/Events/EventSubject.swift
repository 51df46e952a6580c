internal import Ledger
internal import Messages

/// The kind of a change and the ids of the objects that it concerns, borrowed from the log's
/// entry. Ids that the kind doesn't have are empty.
struct EventSubject: ~Escapable {
  let kind: PosternV1.EventKind
  private(set) var organizationID: Span<UInt8>
  private(set) var userID: Span<UInt8>
  private(set) var teamID: Span<UInt8>
  private(set) var resourceType: Span<UInt8>
  private(set) var resourceID: Span<UInt8>
  /// The 16 bytes of each id, one after another.
  private(set) var tokenIDs: Span<UInt8>
  /// Whether it concerns every token of every organization, and so matches every filter by token.
  private(set) var isAboutAllTokens = false

  /// The subject of an entry. A change that this version doesn't know has the kind `unspecified`.
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
