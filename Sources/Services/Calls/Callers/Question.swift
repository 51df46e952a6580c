internal import Permissions

/// What a check asks: an action, and what it is done to, as the request says it. An empty field was
/// not given.
struct Question: ~Escapable {
  let action: Action
  let actionName: Span<UInt8>
  /// Empty: the type that the action begins with.
  let resourceType: Span<UInt8>
  /// Empty: none in particular.
  let resourceID: Span<UInt8>
  /// Empty: the subject's own.
  let organizationID: Span<UInt8>
  /// The user that the action is about. Empty: none.
  let targetUserID: Span<UInt8>

  @_lifetime(copy actionName, copy targetUserID)
  init(_ action: Action, _ actionName: Span<UInt8>, targetUserID: Span<UInt8>) {
    let none = actionName.extracting(0..<0)
    self.init(
      action, actionName, resourceType: none, resourceID: none, organizationID: none,
      targetUserID: targetUserID)
  }

  @_lifetime(
    copy actionName, copy resourceType, copy resourceID, copy organizationID, copy targetUserID)
  init(
    _ action: Action, _ actionName: Span<UInt8>, resourceType: Span<UInt8>,
    resourceID: Span<UInt8>, organizationID: Span<UInt8>, targetUserID: Span<UInt8>
  ) {
    self.action = action
    self.actionName = actionName
    self.resourceType = resourceType
    self.resourceID = resourceID
    self.organizationID = organizationID
    self.targetUserID = targetUserID
  }
}
