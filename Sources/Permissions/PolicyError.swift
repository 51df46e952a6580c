/// Why a policy can't be compiled. The names are those in the policy file.
package enum PolicyError: Error, Sendable, Hashable {
  /// A type, verb or role that is not `[a-z][a-z0-9_]{0,63}`.
  case badName(String)
  case duplicateResourceType(String)
  case duplicateAction(String)
  case duplicateRole(String)
  case duplicateOrganization(String)
  /// An action on a type that isn't declared.
  case unknownResourceType(String)
  /// Routes that can't be compiled into a table.
  case badRoutes(RouteError)
  /// A route or an organization's rule for an action that isn't declared.
  case unknownAction(String)
  /// A token header that is not a lower-case name, or that has another meaning.
  case badTokenHeader(String)
  /// An action with an invalid rule.
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

/// Why a rule can't be compiled, and which part is wrong.
package struct RuleProblem: Error, Sendable, Hashable {
  /// What is wrong.
  package enum Kind: Error, Sendable, Hashable {
    /// A rule without alternatives, or an alternative without relations: it would allow no subject,
    /// or every subject.
    case empty
    case unknownRelation(String)
    case unknownRole(String)
    /// The text after `team:` is not a valid team id.
    case badTeam(String)
    /// A relation that one alternative names twice.
    case twice(String)
    /// A rule names `writer`, but the type has no writers.
    case noWriters(String)
    /// A rule names `creator`, but the directory doesn't store the type.
    case noCreator(String)
    /// Relations that no subject can hold together.
    case contradiction([String])
    /// The alternative allows nothing beyond this other alternative.
    case unreachable([String])
    /// More alternatives, or more relations in one alternative, than this maximum.
    case tooMany(Int)
    /// More roles and teams than a rule has bits for.
    case tooManyNames
  }

  package let kind: Kind
  /// The alternative; nil for the rule as a whole.
  package let alternative: Int?
  /// The relation in the alternative; nil for the alternative as a whole.
  package let relation: Int?

  init(_ kind: Kind, alternative: Int? = nil, relation: Int? = nil) {
    self.kind = kind
    self.alternative = alternative
    self.relation = relation
  }

  /// What is wrong, in words.
  package var message: String {
    switch kind {
    case .empty: "it must name at least one relation"
    case .unknownRelation(let name): "unknown relation `\(name)`"
    case .unknownRole(let name): "unknown role `\(name)`: `roles` must declare it"
    case .badTeam(let id): "`\(id)` is not a valid id of a team"
    case .twice(let name): "`\(name)` is named twice"
    case .noWriters(let type): "a `\(type)` has no writers"
    case .noCreator(let type): "a `\(type)` has no creator: the directory doesn't keep any"
    case .contradiction(let names):
      "no subject ever holds \(names.map { "`\($0)`" }.joined(separator: " and "))"
    case .unreachable(let names):
      "it is never needed: \(names.map { "`\($0)`" }.joined(separator: " and ")) allows it too"
    case .tooMany(let most): "there are more than \(most)"
    case .tooManyNames:
      "a rule names at most \(Relations.namedBits.count) roles and teams"
    }
  }
}
