internal import Messages

/// What Envoy's own configuration says of a route, in `context_extensions`. It isn't the client's
/// to set, so its action comes before that of the policy's routes, and what it says besides binds.
/// Whatever is empty was not said.
struct ContextExtensions: ~Escapable {
  /// `postern.action`: the action, in place of that of any route.
  private(set) var action: Span<UInt8>
  /// `postern.resource_type`: must be the action's.
  private(set) var resourceType: Span<UInt8>
  /// `postern.resource_id`
  private(set) var resourceID: Span<UInt8>
  /// `postern.organization_id`
  private(set) var organizationID: Span<UInt8>
  /// `postern.target_user_id`
  private(set) var targetUserID: Span<UInt8>
  /// `postern.remove_token`: whether the token goes no further; `true` or `false`.
  private(set) var removesToken: Bool?

  /// Reads them. Other keys are other systems'; one that begins like ours and isn't is a mistake in
  /// Envoy's configuration, and going on without it could allow what it was to prevent.
  @_lifetime(copy attributes)
  init(_ attributes: EnvoyServiceAuthV3.AttributeContext) throws(Denial) {
    action = Span()
    resourceType = Span()
    resourceID = Span()
    organizationID = Span()
    targetUserID = Span()
    for index in 0..<attributes.contextExtensionsCount {
      let entry = attributes.contextExtensions(at: index)
      let key = entry.key
      let value = entry.value
      guard Self.isOurs(key) else { continue }
      guard !value.isEmpty else { throw Self.mistake("has an empty value") }
      if key.isEqual(to: "postern.action") {
        guard action.isEmpty else { throw Self.mistake("is there twice") }
        action = value
      } else if key.isEqual(to: "postern.resource_type") {
        guard resourceType.isEmpty else { throw Self.mistake("is there twice") }
        resourceType = value
      } else if key.isEqual(to: "postern.resource_id") {
        guard resourceID.isEmpty else { throw Self.mistake("is there twice") }
        resourceID = value
      } else if key.isEqual(to: "postern.organization_id") {
        guard organizationID.isEmpty else { throw Self.mistake("is there twice") }
        organizationID = value
      } else if key.isEqual(to: "postern.target_user_id") {
        guard targetUserID.isEmpty else { throw Self.mistake("is there twice") }
        targetUserID = value
      } else if key.isEqual(to: "postern.remove_token") {
        guard removesToken == nil else { throw Self.mistake("is there twice") }
        guard value.isEqual(to: "true") || value.isEqual(to: "false") else {
          throw Self.mistake("is neither `true` nor `false`")
        }
        removesToken = value.isEqual(to: "true")
      } else {
        throw Self.mistake("is none that Postern knows")
      }
    }
  }

  /// Whether anything is said of what the action is done to.
  var namesTarget: Bool {
    !resourceType.isEmpty || !resourceID.isEmpty || !organizationID.isEmpty
      || !targetUserID.isEmpty
  }

  /// Refuses what names a target, for a route that asks for no right to one. Nothing would hold the
  /// request to it, and going on could allow what it was to prevent.
  func requireNoTarget(besidesOrganization allowsOrganization: Bool) throws(Denial) {
    if resourceType.isEmpty, resourceID.isEmpty, targetUserID.isEmpty,
      organizationID.isEmpty || allowsOrganization
    {
      return
    }
    throw Self.mistake("names a target on a route that asks for no action")
  }

  private static func isOurs(_ key: Span<UInt8>) -> Bool {
    let prefix: StaticString = "postern."
    let count = prefix.utf8CodeUnitCount
    return key.count >= count && key.extracting(first: count).isEqual(to: prefix)
  }

  static func mistake(_ problem: String) -> Denial {
    .forbidden("the proxy is not set up well: a context extension of Postern \(problem)")
  }
}
