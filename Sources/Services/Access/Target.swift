/// What an action is done to.
struct Target: ~Escapable {
  /// The organization that is acted in.
  let organizationID: Span<UInt8>
  /// The resource; empty for none in particular.
  let resourceType: Span<UInt8>
  let resourceID: Span<UInt8>
  /// The user that the action is about; empty for none.
  let userID: Span<UInt8>

  @_lifetime(copy organizationID)
  init(_ organizationID: Span<UInt8>) {
    self.init(organizationID, userID: organizationID.extracting(0..<0))
  }

  @_lifetime(copy organizationID, copy userID)
  init(_ organizationID: Span<UInt8>, userID: Span<UInt8>) {
    self.organizationID = organizationID
    resourceType = organizationID.extracting(0..<0)
    resourceID = organizationID.extracting(0..<0)
    self.userID = userID
  }

  @_lifetime(copy organizationID, copy resourceType, copy resourceID, copy userID)
  init(
    _ organizationID: Span<UInt8>, resourceType: Span<UInt8>, resourceID: Span<UInt8>,
    userID: Span<UInt8>
  ) {
    self.organizationID = organizationID
    self.resourceType = resourceType
    self.resourceID = resourceID
    self.userID = userID
  }

  @_lifetime(copy organizationID, copy resourceType, copy resourceID)
  init(_ organizationID: Span<UInt8>, resourceType: Span<UInt8>, resourceID: Span<UInt8>) {
    self.init(
      organizationID, resourceType: resourceType, resourceID: resourceID,
      userID: organizationID.extracting(0..<0))
  }
}
