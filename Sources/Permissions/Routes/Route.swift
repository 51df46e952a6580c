/// A compiled route rule: its variables are positions in the path's list of variables.
struct Route: Sendable {
  let access: RouteAccess
  let resource: Int?
  let user: Int?
  let organization: Int?

  init(_ rule: RouteRule, _ template: RouteTemplate, name: String) throws(RouteError) {
    access = rule.access
    resource = try template.position(rule.resource, rule, route: name)
    user = try template.position(rule.user, rule, route: name)
    organization = try template.position(rule.organization, rule, route: name)
  }
}

/// What a route requires of a request.
package enum RouteAccess: Sendable, Hashable {
  /// The right to an action of the policy, by its name.
  case action(String)
  /// An active token: a user's, or an org token with the scope `api`.
  case authenticated
  /// Nothing: for requests that serve to get a token.
  case open
  /// Every request is denied.
  case denied
}

/// The route that matches a request, and the ranges of its variables in the path.
package struct RouteMatch: Sendable {
  package let access: RouteAccess
  private let resource: Range<Int>
  private let user: Range<Int>
  private let organization: Range<Int>

  /// The most variables of one template.
  package static let maximumVariables = 8

  init(_ route: Route, _ variables: InlineArray<8, Range<Int>>) {
    access = route.access
    resource = route.resource.map { variables[$0] } ?? 0..<0
    user = route.user.map { variables[$0] } ?? 0..<0
    organization = route.organization.map { variables[$0] } ?? 0..<0
  }

  /// The id of the resource in the request's target, not decoded; empty if the route names none.
  @_lifetime(copy target)
  package func resourceID(in target: Span<UInt8>) -> Span<UInt8> { target.extracting(resource) }

  /// The organization in the request's target, not decoded; empty means the token's own.
  @_lifetime(copy target)
  package func organizationID(in target: Span<UInt8>) -> Span<UInt8> {
    target.extracting(organization)
  }

  /// The user in the request's target, not decoded; empty if the route names none.
  @_lifetime(copy target)
  package func userID(in target: Span<UInt8>) -> Span<UInt8> { target.extracting(user) }

  /// The user, decoded; nil if it has no escapes. A mail address is often sent with `%40`.
  package func decodedUserID(in target: Span<UInt8>) -> [UInt8]? {
    let segment = userID(in: target)
    for index in segment.indices where segment[index] == UInt8(ascii: "%") {
      return RequestPath.decoded(segment)
    }
    return nil
  }
}

/// The result of looking up a request's method and path.
package enum RouteLookup: Sendable {
  case found(RouteMatch)
  /// No route matches; the request is denied.
  case none
  case refused(PathProblem)
}
