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

  /// Reads them. Keys that don't begin with `postern` belong to other systems. An unknown key that
  /// does is a mistake in Envoy's configuration, such as `postern_action`, and ignoring it could
  /// allow what it was meant to prevent.
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
        guard action.isEmpty else { throw Self.mistake("is given twice") }
        action = value
      } else if key.isEqual(to: "postern.resource_type") {
        guard resourceType.isEmpty else { throw Self.mistake("is given twice") }
        resourceType = value
      } else if key.isEqual(to: "postern.resource_id") {
        guard resourceID.isEmpty else { throw Self.mistake("is given twice") }
        resourceID = value
      } else if key.isEqual(to: "postern.organization_id") {
        guard organizationID.isEmpty else { throw Self.mistake("is given twice") }
        organizationID = value
      } else if key.isEqual(to: "postern.target_user_id") {
        guard targetUserID.isEmpty else { throw Self.mistake("is given twice") }
        targetUserID = value
      } else if key.isEqual(to: "postern.remove_token") {
        guard removesToken == nil else { throw Self.mistake("is given twice") }
        guard value.isEqual(to: "true") || value.isEqual(to: "false") else {
          throw Self.mistake("is neither `true` nor `false`")
        }
        removesToken = value.isEqual(to: "true")
      } else {
        throw Self.mistake("is unknown to Postern")
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
    // In any case of its letters: a misspelt key must not be passed over.
    let prefix = "postern".utf8
    guard key.count >= prefix.count else { return false }
    for (index, expected) in prefix.enumerated() {
      let byte = key[index]
      let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
      guard expected == (isUpper ? byte | 0x20 : byte) else { return false }
    }
    return true
  }

  static func mistake(_ problem: String) -> Denial {
    .forbidden("the proxy's configuration is wrong: a context extension of Postern \(problem)")
  }
}

// Envoy's configuration of a route binds the request, or the request is denied: an extension that
// nothing enforces may be one that was meant to prevent the request.
internal import Permissions
internal import RPC

extension PosternServices {
  /// Refuses extensions that have no effect on a route: they name a target where no right to one is
  /// needed, contradict the path, or name what no rule of the action looks at.
  func requireMeaning(
    of extensions: ContextExtensions, on match: RouteMatch, path: Span<UInt8>
  ) throws(Denial) {
    switch match.access {
    case .denied: throw .forbidden("the route is closed")
    case .open: try extensions.requireNoTarget(besidesOrganization: false)
    case .authenticated: try extensions.requireNoTarget(besidesOrganization: true)
    case .action(let name):
      guard extensions.namesTarget else { return }
      let bytes = name.utf8Span.span
      guard let action = policy.action(named: bytes) else {
        throw .forbidden("the policy has no such action")
      }
      let resource = match.resourceID(in: path)
      try Self.requireSame(extensions.resourceID, resource)
      try Self.requireSame(extensions.organizationID, match.organizationID(in: path))
      let user = match.userID(in: path)
      if let decoded = match.decodedUserID(in: path) {
        try Self.requireSame(extensions.targetUserID, decoded.span)
      } else {
        try Self.requireSame(extensions.targetUserID, user)
      }
      try requireMeaning(
        of: extensions, for: action, named: bytes, hasResource: !resource.isEmpty,
        hasUser: !user.isEmpty)
    }
  }

  /// Refuses extensions that make no sense for an action, and those that name what no rule of the
  /// action looks at, unless the path names it too and so binds the request.
  func requireMeaning(
    of extensions: ContextExtensions, for action: Action, named name: Span<UInt8>,
    hasResource: Bool = false, hasUser: Bool = false
  ) throws(Denial) {
    guard extensions.namesTarget else { return }
    guard extensions.resourceID.isEmpty || hasResource || policy.looksAtResource(action) else {
      throw ContextExtensions.mistake(
        "names a resource, but no rule of `\(policy.name(of: action))` depends on one")
    }
    guard extensions.targetUserID.isEmpty || hasUser || policy.looksAtTargetUser(action) else {
      throw ContextExtensions.mistake(
        "names a user, but no rule of `\(policy.name(of: action))` depends on one")
    }
    try requireSense(question(of: extensions, for: action, named: name))
  }

  /// The question that the extensions ask by themselves.
  @_lifetime(copy extensions, copy name)
  func question(
    of extensions: ContextExtensions, for action: Action, named name: Span<UInt8>
  ) -> Question {
    Question(
      action, name, resourceType: extensions.resourceType, resourceID: extensions.resourceID,
      organizationID: extensions.organizationID, targetUserID: extensions.targetUserID)
  }

  /// Refuses a question that makes no sense.
  func requireSense(_ question: Question) throws(Denial) {
    do throws(Status) {
      try require(question)
    } catch {
      throw .forbidden(error.message, action: policy.name(of: question.action))
    }
  }

  private static func requireSame(
    _ said: Span<UInt8>, _ found: Span<UInt8>
  ) throws(Denial) {
    guard said.isEmpty || found.isEmpty || said.isEqual(to: found) else {
      throw .forbidden("the path and the proxy's configuration name different objects")
    }
  }
}
