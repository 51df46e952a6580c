/// One row of a route table: what a method on a path requires.
package struct RouteRule: Sendable, Hashable {
  /// The HTTP method, compared byte by byte.
  package let method: String
  /// The path, such as `/v2/team/{id}/member/{user}`: each segment is a literal, or a variable in
  /// braces that matches any one segment.
  package let template: String
  package let access: RouteAccess
  /// The variable that is the id of the resource; nil if the route has none.
  package let resource: String?
  /// The variable that is the target user; nil if the route has none.
  package let user: String?
  /// The variable that is the organization acted in; nil means the token's own.
  package let organization: String?

  package init(
    _ method: String, _ template: String, access: RouteAccess, resource: String? = nil,
    user: String? = nil, organization: String? = nil
  ) {
    self.method = method
    self.template = template
    self.access = access
    self.resource = resource
    self.user = user
    self.organization = organization
  }
}

/// Why a route table can't be made of rules. Routes are named by method and template.
package enum RouteError: Error, Sendable, Hashable {
  /// A method that has characters other than upper-case letters and `-`, or more than 32.
  case badMethod(String)
  /// A template that is neither `/` nor a series of `/segment`.
  case badTemplate(String)
  /// A literal that has characters other than `A-Z a-z 0-9 . _ ~ -`, or only dots.
  case badLiteral(String, route: String)
  /// A variable whose name is not `[a-z][a-z0-9_]{0,63}`, or that is twice in one template.
  case badVariable(String, route: String)
  case tooManyVariables(route: String, maximum: Int)
  /// A rule that names a variable that its template doesn't have.
  case unknownVariable(String, route: String)
  /// A rule that names variables although its access has no action.
  case needlessVariable(String, route: String)
  /// Two rules for one method and one path; the names of variables don't matter.
  case duplicate(route: String)
  /// Two literals at one place that differ only in case.
  case ambiguousCase(String, String)
  case tooMany(maximum: Int)

  /// What is wrong, in words.
  package var message: String {
    switch self {
    case .badMethod(let method): "the method `\(method)` must match `[A-Z-]{1,32}`"
    case .badTemplate(let route):
      "the path of `\(route)` must be `/`, or segments that each follow a `/`"
    case .badLiteral(let literal, let route):
      "the segment `\(literal)` of `\(route)` must be of `A-Z a-z 0-9 . _ ~ -`, not of dots alone"
    case .badVariable(let name, let route):
      "the variable `\(name)` of `\(route)` must match `[a-z][a-z0-9_]{0,63}` and be there once"
    case .tooManyVariables(let route, let maximum):
      "`\(route)` has more than \(maximum) variables"
    case .unknownVariable(let name, let route): "`\(route)` has no variable `\(name)`"
    case .needlessVariable(let name, let route):
      "`\(route)` has no action that `\(name)` could be part of"
    case .duplicate(let route): "the route `\(route)` is there twice"
    case .ambiguousCase(let first, let second):
      "the segments `\(first)` and `\(second)` differ only in case"
    case .tooMany(let maximum): "a policy has at most \(maximum) routes"
    }
  }
}
