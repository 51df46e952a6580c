/// One row of a route table: what a method on a path stands for.
package struct RouteRule: Sendable, Hashable {
  /// The HTTP method, compared byte by byte.
  package let method: String
  /// The path, such as `/v2/team/{id}/member/{user}`: each segment a literal, or a variable in
  /// braces that stands for one segment, whatever it is.
  package let template: String
  package let access: RouteAccess
  /// The variable that is the id of the resource; nil for none in particular.
  package let resource: String?
  /// The variable that is the user whom the action is about; nil for nobody.
  package let user: String?
  /// The variable that is the organization acted in; nil for the token's own.
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

/// Why rules make no route table. Routes are named by method and template.
package enum RouteError: Error, Sendable, Hashable {
  /// A method that is not of upper-case letters and `-`, or longer than 32.
  case badMethod(String)
  /// A template that is not `/` or made of `/segment`s.
  case badTemplate(String)
  /// A literal with another character than `A-Z a-z 0-9 . _ ~ -`, or of dots alone.
  case badLiteral(String, route: String)
  /// A variable whose name is not `[a-z][a-z0-9_]{0,63}`, or twice in one template.
  case badVariable(String, route: String)
  case tooManyVariables(route: String, maximum: Int)
  /// A rule that names a variable which its template lacks.
  case unknownVariable(String, route: String)
  /// Variables for an access that has no action.
  case needlessVariable(String, route: String)
  /// Two rules for one method and one path; names of variables make no difference.
  case duplicate(route: String)
  /// Two literals at one place that differ in case alone.
  case ambiguousCase(String, String)
  case tooMany(maximum: Int)

  /// What is wrong, in words.
  package var message: String {
    switch self {
    case .badMethod(let method): "the method `\(method)` must match `[A-Z-]{1,32}`"
    case .badTemplate(let route): "the path of `\(route)` must be `/` or segments after `/` each"
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
      "the segments `\(first)` and `\(second)` differ in case alone"
    case .tooMany(let maximum): "a policy has at most \(maximum) routes"
    }
  }
}
