/// Why a policy can't be compiled. The names are those of the policy's file.
package enum PolicyError: Error, Sendable, Hashable {
  /// A type or verb that is not `[a-z][a-z0-9_]{0,63}`.
  case badName(String)
  case duplicateResourceType(String)
  case duplicateAction(String)
  /// An action on a type that isn't declared.
  case unknownResourceType(String)
  /// An action that nobody could ever do, or that asks for a relation that isn't known.
  case badRelations(action: String)
  /// An action that asks for a writer, of a type that has none.
  case noWriters(action: String)
  /// Routes that make no table.
  case badRoutes(RouteError)
  /// A route that asks for an action that isn't declared.
  case unknownAction(String)
  /// A header for tokens that is no name in lower case, or has another meaning.
  case badTokenHeader(String)
  /// More types or actions than the tables hold.
  case tooMany(maximum: Int)

  /// What is wrong, in words.
  package var message: String {
    switch self {
    case .badName(let name): "the name `\(name)` must match `[a-z][a-z0-9_]{0,63}`"
    case .duplicateResourceType(let name): "the resource type `\(name)` is declared twice"
    case .duplicateAction(let name): "the action `\(name)` is declared twice"
    case .unknownResourceType(let name): "the resource type `\(name)` is not declared"
    case .badRelations(let action): "the action `\(action)` must be allowed for a known relation"
    case .noWriters(let action):
      "the action `\(action)` asks for a writer of a type without writers"
    case .badRoutes(let error): error.message
    case .unknownAction(let name): "the action `\(name)` of a route is not declared"
    case .badTokenHeader(let name): "the header `\(name)` can't carry a token"
    case .tooMany(let maximum): "a policy has at most \(maximum) types and actions"
    }
  }
}
