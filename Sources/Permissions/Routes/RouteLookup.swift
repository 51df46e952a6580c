/// What a request's method and path came to.
package enum RouteLookup: Sendable {
  case found(RouteMatch)
  /// No route fits, which denies.
  case none
  case refused(PathProblem)
}
