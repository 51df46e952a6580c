internal import Messages

/// What Envoy's own configuration says about a route, in `context_extensions`. A client can't set
/// it, so its action overrides that of the policy's routes, and its other values bind the request.
/// An empty value was not given.
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

  /// Reads them. Keys without our prefix belong to other systems. An unknown key with our prefix is
  /// a mistake in Envoy's configuration, and ignoring it could allow what it was meant to prevent.
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

  /// Whether any extension names a target of the action.
  var namesTarget: Bool {
    !resourceType.isEmpty || !resourceID.isEmpty || !organizationID.isEmpty
      || !targetUserID.isEmpty
  }

  /// Refuses extensions that name a target on a route that needs no right to one. Nothing would
  /// bind the request to the target, and ignoring it could allow what it was meant to prevent.
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
