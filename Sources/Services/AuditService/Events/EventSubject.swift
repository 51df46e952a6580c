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

extension PosternV1.Event.Builder {
  /// Adds a field with its values before and after the change, unless both are empty.
  func add(_ field: StaticString, before: Span<UInt8> = Span(), after: Span<UInt8> = Span()) {
    guard !before.isEmpty || !after.isEmpty else { return }
    let change = addChanges()
    change.setField("\(field)")
    change.setBefore(before)
    change.setAfter(after)
  }

  /// The same for values that are strings.
  func add(_ field: StaticString, before: String = "", after: String = "") {
    add(field, before: before.utf8Span.span, after: after.utf8Span.span)
  }

  /// The same for a boolean field; nil means that the object doesn't exist before or after.
  func add(_ field: StaticString, before: Bool? = nil, after: Bool? = nil) {
    add(
      field, before: before.map { $0 ? "true" : "false" } ?? "",
      after: after.map { $0 ? "true" : "false" } ?? "")
  }
}
