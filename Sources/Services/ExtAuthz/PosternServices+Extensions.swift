// Envoy's configuration of a route binds the request, or the request is denied: an extension that
// nothing enforces may be one that was meant to prevent the request.
internal import Messages
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
        "names a resource, which no rule of `\(policy.name(of: action))` looks at")
    }
    guard extensions.targetUserID.isEmpty || hasUser || policy.looksAtTargetUser(action) else {
      throw ContextExtensions.mistake(
        "names a user, whom no rule of `\(policy.name(of: action))` looks at")
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
      throw .forbidden("the path names something else than the proxy's configuration")
    }
  }
}
