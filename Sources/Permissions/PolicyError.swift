/// Why a policy can't be compiled. The names are those of the policy's file.
package enum PolicyError: Error, Sendable, Hashable {
  /// A type, verb or role that is not `[a-z][a-z0-9_]{0,63}`.
  case badName(String)
  case duplicateResourceType(String)
  case duplicateAction(String)
  case duplicateRole(String)
  case duplicateOrganization(String)
  /// An action on a type that isn't declared.
  case unknownResourceType(String)
  /// Routes that make no table.
  case badRoutes(RouteError)
  /// A route or an organization's rule for an action that isn't declared.
  case unknownAction(String)
  /// A header for tokens that is no name in lower case, or has another meaning.
  case badTokenHeader(String)
  /// An action whose rule makes no sense.
  case badRule(action: String, RuleProblem)
  /// More types or actions than the tables hold.
  case tooMany(maximum: Int)
  case tooManyOrganizations(maximum: Int)

  /// What is wrong, in words.
  package var message: String {
    switch self {
    case .badName(let name): "the name `\(name)` must match `[a-z][a-z0-9_]{0,63}`"
    case .duplicateResourceType(let name): "the resource type `\(name)` is declared twice"
    case .duplicateAction(let name): "the action `\(name)` is declared twice"
    case .duplicateRole(let name): "the role `\(name)` is built in or declared twice"
    case .duplicateOrganization(let id): "the organization `\(id)` is named twice"
    case .unknownResourceType(let name): "the resource type `\(name)` is not declared"
    case .badRoutes(let error): error.message
    case .unknownAction(let name): "there is no action `\(name)`"
    case .badTokenHeader(let name): "the header `\(name)` can't carry a token"
    case .badRule(let action, let problem): "the action `\(action)`: \(problem.message)"
    case .tooMany(let maximum): "a policy has at most \(maximum) types and actions"
    case .tooManyOrganizations(let maximum):
      "at most \(maximum) organizations have rules of their own"
    }
  }
}
